import {
  ArgumentError,
  allocate,
  type DType,
  requireKnownOptions,
  type Shape,
  sizeOf,
  type TypedArray,
} from "@unrolled/backend";
import { defaultGenerator, describeValue, type Generator, hostInput, hostName, type Tensor } from "@unrolled/core";
import { Module } from "../module.js";

/**
 * In training mode zeroes each element with probability p and scales the others by 1 / (1 - p); in evaluation mode changes
 * nothing (Srivastava et al., 2014). Masks come from the host's generator, so a seed gives the same ones on every backend, and the
 * same ones in a compiled step as in the eager one, where each run gets a new mask through an input named Dropout.mask.
 *
 * @throws GraphError in training mode in a plain `trace`, which would freeze the mask
 * @throws ArgumentError unless 0 <= p <= 1
 * @example
 * const dropout = new Dropout(0.2).eval();
 * dropout.forward(ones([3])).toArray(); // [1, 1, 1]: it works in training mode alone
 */
export class Dropout extends Module {
  readonly p: number;
  readonly #generator: Generator | undefined;

  constructor(p = 0.5, options: { readonly generator?: Generator } = {}) {
    super();
    requireKnownOptions("Dropout", options, ["generator"]);
    if (!(p >= 0 && p <= 1))
      throw new ArgumentError("Dropout", `probability ${describeValue(p)}`, "use a number from 0 to 1");
    this.p = p;
    this.#generator = options.generator;
  }

  override forward(x: Tensor): Tensor {
    if (!this.training || this.p === 0) return x;
    if (this.p === 1) return x.mul(0);
    const { shape, dtype, backend } = x;
    const keep = 1 - this.p;
    const mask = hostInput((now) => this.#draw(now, dtype, keep), shape, {
      name: hostName(x, "Dropout.mask", {}),
      dtype,
      backend,
      bernoulli: keep,
    });
    return x.mul(mask).mul(1 / keep);
  }

  #draw(shape: Shape, dtype: DType, keep: number): TypedArray {
    const generator = this.#generator ?? defaultGenerator();
    const mask = allocate(dtype, sizeOf(shape));
    for (let i = 0; i < mask.length; i++) mask[i] = generator.uniform() < keep ? 1 : 0;
    return mask;
  }
}
