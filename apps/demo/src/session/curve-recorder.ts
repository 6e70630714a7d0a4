import type { LossCurve } from "./look.js";

const mostPoints = 1024;
/** The listings of the tutorials reach no further; more would be sent to the page ten times a second. */
const mostEpochs = 20_000;

/** Losses are float32: what is smaller is but the trace of earlier ones. */
const smallestLoss = 2 ** -149;

/** Keeps a curve of any length in at most 1,024 points: when they are full, neighbours are joined two by two. */
export class CurveRecorder {
  #every = 1;
  #update: number[] = [];
  #train: number[] = [];
  #sum = 0;
  #count = 0;
  #tests: { update: number; loss: number }[] = [];
  #testEvery = 1;
  #testsSeen = 0;
  #testLoss: number | null = null;
  readonly epochLosses: number[] = [];
  readonly epochTestLosses: number[] = [];
  #epochSum = 0;
  #recent = Number.NaN;

  /** The loss of update number `update`, from 0. */
  add(update: number, loss: number, endsEpoch: boolean): void {
    const recent = Number.isNaN(this.#recent) ? loss : 0.9 * this.#recent + 0.1 * loss;
    this.#recent = Math.abs(recent) < smallestLoss ? 0 : recent;
    this.#epochSum += loss;
    if (endsEpoch) {
      if (this.epochLosses.length < mostEpochs) {
        this.epochLosses.push(this.#epochSum);
        this.epochTestLosses.push(Number.NaN);
      }
      this.#epochSum = 0;
    }
    this.#sum += loss;
    this.#count++;
    if (this.#count < this.#every) return;
    this.#update.push(update + 1);
    this.#train.push(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    if (this.#update.length === mostPoints) this.#halve();
  }

  /** The loss on test data after so many updates, or epochs. */
  addTest(update: number, loss: number, epochs: number): void {
    this.#testLoss = loss;
    if (Number.isInteger(epochs) && epochs <= this.epochTestLosses.length) this.epochTestLosses[epochs - 1] = loss;
    if (this.#testsSeen++ % this.#testEvery !== 0) return;
    this.#tests.push({ update, loss });
    if (this.#tests.length < mostPoints) return;
    this.#tests = this.#tests.filter((_, i) => i % 2 === 0);
    this.#testEvery *= 2;
  }

  /** Mean of the last losses, the newest weighing most; NaN before the first. */
  get recent(): number {
    return this.#recent;
  }

  get testLoss(): number | null {
    return this.#testLoss;
  }

  copy(): CurveRecorder {
    const copy = new CurveRecorder();
    copy.#every = this.#every;
    copy.#update = [...this.#update];
    copy.#train = [...this.#train];
    copy.#sum = this.#sum;
    copy.#count = this.#count;
    copy.#tests = [...this.#tests];
    copy.#testEvery = this.#testEvery;
    copy.#testsSeen = this.#testsSeen;
    copy.#testLoss = this.#testLoss;
    copy.epochLosses.push(...this.epochLosses);
    copy.epochTestLosses.push(...this.epochTestLosses);
    copy.#epochSum = this.#epochSum;
    copy.#recent = this.#recent;
    return copy;
  }

  curve(): LossCurve {
    const points = new Map<number, [train: number, test: number]>();
    this.#update.forEach((update, i) => {
      points.set(update, [this.#train[i], Number.NaN]);
    });
    for (const { update, loss } of this.#tests) points.set(update, [points.get(update)?.[0] ?? Number.NaN, loss]);
    const sorted = [...points].sort(([a], [b]) => a - b);
    return {
      update: Float64Array.from(sorted, ([update]) => update),
      train: Float64Array.from(sorted, ([, [train]]) => train),
      test: Float64Array.from(sorted, ([, [, test]]) => test),
    };
  }

  #halve(): void {
    const half = this.#update.length / 2;
    for (let i = 0; i < half; i++) {
      this.#update[i] = this.#update[2 * i + 1];
      this.#train[i] = (this.#train[2 * i] + this.#train[2 * i + 1]) / 2;
    }
    this.#update.length = half;
    this.#train.length = half;
    this.#every *= 2;
  }
}
