const enoughMs = 500;

/** Updates per second over the last half second or more of training; the time between stretches of it does not count. */
export class SpeedMeter {
  #from: { at: number; update: number } | null = null;
  #ms = 0;
  #updates = 0;
  #perSecond: number | null = null;

  /** A stretch of training begins. */
  start(update: number): void {
    this.#from ??= { at: performance.now(), update };
  }

  mark(update: number): void {
    if (this.#from === null) return;
    const now = performance.now();
    this.#ms += now - this.#from.at;
    this.#updates += update - this.#from.update;
    this.#from = { at: now, update };
    if (this.#ms < enoughMs) return;
    this.#perSecond = (1000 * this.#updates) / this.#ms;
    this.#ms = 0;
    this.#updates = 0;
  }

  /** The stretch has ended. */
  rest(update: number): void {
    this.mark(update);
    this.#from = null;
  }

  /** For another model or engine, of which nothing is known. */
  clear(): void {
    this.#from = null;
    this.#ms = 0;
    this.#updates = 0;
    this.#perSecond = null;
  }

  get perSecond(): number | null {
    return this.#perSecond;
  }
}
