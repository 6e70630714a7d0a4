const sliceMs = 20;

/** Lets timers, painting and signals in, at most every few milliseconds. */
export class EventLoop {
  #last = performance.now();

  async yieldIfDue(): Promise<void> {
    if (performance.now() - this.#last < sliceMs) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#last = performance.now();
  }
}
