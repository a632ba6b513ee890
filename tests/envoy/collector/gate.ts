// Lets a test hold something back, and so decide the order of events. Does not know what waits.

export class Gate {
  /** Resolves when the gate opens. */
  readonly opened: Promise<void>;
  #open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }
}
