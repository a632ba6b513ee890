// Something that a test holds back and lets go: the order of events is then the test's own. Knows nothing of what waits.

export class Gate {
  /** Resolves when the gate has been opened. */
  readonly opened: Promise<void>;
  #open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }
}
