const remembered = 40;

/** Guesses how long the rest of a training run takes, from the median of its last batches and its validations so far. */
export class Progress {
  readonly #batches: number;
  readonly #epochs: number;
  readonly #recent: number[] = [];
  #done = 0;
  #validationSeconds = 0;
  #validations = 0;

  constructor(batches: number, epochs: number) {
    this.#batches = batches;
    this.#epochs = epochs;
  }

  batchTook(seconds: number): void {
    this.#done++;
    this.#recent.push(seconds);
    if (this.#recent.length > remembered) this.#recent.shift();
  }

  validationTook(seconds: number): void {
    this.#validationSeconds += seconds;
    this.#validations++;
  }

  /** Seconds to the last epoch, if it does not stop early; null before two batches are done. */
  get secondsLeft(): number | null {
    if (this.#done < 2) return null;
    const sorted = [...this.#recent].sort((a, b) => a - b);
    const perBatch = sorted[Math.floor((sorted.length - 1) / 2)];
    const perValidation = this.#validations === 0 ? 0 : this.#validationSeconds / this.#validations;
    return perBatch * (this.#batches * this.#epochs - this.#done) + perValidation * (this.#epochs - this.#validations);
  }
}
