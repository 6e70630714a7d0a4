/** Updates per second over the last second or so of training. */
export class SpeedMeter {
  #from: { at: number; update: number } | null = null;
  #perSecond: number | null = null;

  restart(update: number): void {
    this.#from = { at: performance.now(), update };
    this.#perSecond = null;
  }

  /** For another model, of which nothing is known. */
  clear(): void {
    this.#from = null;
    this.#perSecond = null;
  }

  mark(update: number): void {
    const now = performance.now();
    if (this.#from === null) this.#from = { at: now, update };
    const seconds = (now - this.#from.at) / 1000;
    if (seconds < 0.5) return;
    this.#perSecond = (update - this.#from.update) / seconds;
    this.#from = { at: now, update };
  }

  get perSecond(): number | null {
    return this.#perSecond;
  }
}
