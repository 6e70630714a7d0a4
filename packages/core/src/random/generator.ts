import { ArgumentError } from "@unrolled/backend";
import { describeValue } from "../describe-value.js";
import { threefry2x32 } from "./threefry.js";

/** Where a generator stands, as plain data. */
export interface GeneratorState {
  readonly seed: number;
  /** How many 32-bit words were drawn. */
  readonly counter: number;
  /** The second of the last pair of normal numbers, if it is still to be given out. */
  readonly spare: number | null;
}

/**
 * A seeded stream of random numbers, drawn on the host: the same seed gives the same numbers on every backend and machine.
 * Counter-based (Threefry-2x32), so that its state is small.
 *
 * @example
 * const generator = new Generator(42);
 * generator.uniform(); // in [0, 1), the same on every run
 */
export class Generator {
  #seed = 0;
  #counter = 0;
  #spare: number | null = null;
  readonly #words = new Uint32Array(2);

  /** @param seed an integer from 0 to 2^53 - 1 */
  constructor(seed: number) {
    this.manualSeed(seed);
  }

  /**
   * Starts the stream anew.
   *
   * @throws ArgumentError unless the seed is an integer from 0 to 2^53 - 1
   */
  manualSeed(seed: number): this {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ArgumentError(
        "manualSeed",
        `${describeValue(seed)} is not a seed`,
        "use an integer from 0 to 2^53 - 1",
      );
    }
    this.#seed = seed;
    this.#counter = 0;
    this.#spare = null;
    return this;
  }

  /** Where the stream stands. Set it, and the numbers that followed come again. */
  get state(): GeneratorState {
    return { seed: this.#seed, counter: this.#counter, spare: this.#spare };
  }

  set state({ seed, counter, spare }: GeneratorState) {
    if (!Number.isSafeInteger(counter) || counter < 0 || !(spare === null || Number.isFinite(spare))) {
      throw new ArgumentError(
        "Generator.state",
        `counter ${counter} and spare ${spare} are not a position`,
        "use a state that was read from a generator",
      );
    }
    this.manualSeed(seed);
    this.#counter = counter;
    this.#spare = spare;
    if (counter % 2 === 1) this.#drawPair();
  }

  /** The next 32 random bits as an unsigned integer. */
  bits(): number {
    const second = this.#counter % 2;
    if (second === 0) this.#drawPair();
    this.#counter++;
    return this.#words[second];
  }

  #drawPair(): void {
    const n = Math.floor(this.#counter / 2);
    const high = (x: number): number => Math.floor(x / 2 ** 32) | 0;
    threefry2x32(this.#seed | 0, high(this.#seed), n | 0, high(n), this.#words);
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.bits() >>> 5;
    const low = this.bits() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Normal with mean 0 and standard deviation 1 (Box-Muller). */
  normal(): number {
    if (this.#spare !== null) {
      const value = this.#spare;
      this.#spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /**
   * A whole number, low <= n < high, each equally likely.
   *
   * @throws ArgumentError unless both are integers and low < high
   */
  integer(low: number, high: number): number {
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || high <= low || high - low > 2 ** 53 - 1) {
      throw new ArgumentError(
        "Generator.integer",
        `no whole numbers from ${low} to below ${high}`,
        "give integers with low < high",
      );
    }
    return low + Math.floor(this.uniform() * (high - low));
  }

  /** 0 .. n-1 in random order (Fisher-Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      const swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }
}

const shared = new Generator(0);

/** The generator behind initialisers, dropout and shuffles that are given no other. Seed 0 until `manualSeed`. */
export function defaultGenerator(): Generator {
  return shared;
}

/**
 * Seeds the default generator: the same seed gives the same initial weights, dropout masks and shuffles on every backend.
 *
 * @example
 * manualSeed(7);
 */
export function manualSeed(seed: number): void {
  shared.manualSeed(seed);
}
