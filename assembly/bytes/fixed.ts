// Records with a fixed place in memory: their addresses are constants of the code, and nothing makes them at start-up.

export class Fixed {
  /** A record of the unmanaged class T, all zero. For constants at top level: each call in the source is one record. */
  @inline
  static record<T>(): T {
    return changetype<T>(memory.data(offsetof<T>(), 8));
  }
}
