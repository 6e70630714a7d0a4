import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { bernoulli, type Generator, type Tensor } from "@unrolled/core";
import { Module } from "../module.js";

/**
 * In training mode zeroes each element with probability p and scales the others by 1 / (1 - p); in evaluation mode changes
 * nothing (Srivastava et al., 2014). Masks come from the host's generator, so a seed gives the same ones on every backend.
 */
export class Dropout extends Module {
  readonly p: number;
  readonly #generator: Generator | undefined;

  constructor(p = 0.5, options: { readonly generator?: Generator } = {}) {
    super();
    requireKnownOptions("Dropout", options, ["generator"]);
    if (!(p >= 0 && p <= 1)) throw new ArgumentError("Dropout", `probability ${p}`, "use a number from 0 to 1");
    this.p = p;
    this.#generator = options.generator;
  }

  override forward(x: Tensor): Tensor {
    if (!this.training || this.p === 0) return x;
    if (this.p === 1) return x.mul(0);
    const options = { dtype: x.dtype, backend: x.backend };
    const mask = bernoulli(x.shape, 1 - this.p, this.#generator ? { ...options, generator: this.#generator } : options);
    return x.mul(mask).mul(1 / (1 - this.p));
  }
}
