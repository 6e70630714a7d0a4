import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { applyFused, type CreateOptions, describeValue, scope, type Tensor, zeros } from "@unrolled/core";
import { type InitOptions, uniform_ } from "../init.js";
import { Module } from "../module.js";
import { Parameter } from "../parameter.js";
import { requireTensor } from "../require-tensor.js";

/** Options of `Linear`. */
export interface LinearOptions extends InitOptions, Pick<CreateOptions, "dtype" | "backend"> {
  /** Add a bias. Default true. */
  readonly bias?: boolean;
}

/**
 * y = x weight^T + bias over the last dimension, as torch.nn.Linear.
 * Weight [out, in] and bias [out] start uniform within +-1/sqrt(in).
 *
 * @throws ArgumentError for sizes that are no positive integers
 * @example
 * new Linear(3, 2).forward(zeros([5, 3])); // [5, 2]
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    requireKnownOptions("Linear", options, ["bias", "generator", "dtype", "backend"]);
    const { bias = true, generator, ...place } = options;
    for (const size of [inFeatures, outFeatures]) {
      if (!Number.isInteger(size) || size < 1)
        throw new ArgumentError("Linear", `size ${describeValue(size)}`, "use positive integers");
    }
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const bound = 1 / Math.sqrt(inFeatures);
    const draw = (shape: readonly number[]): Parameter =>
      scope(
        (): Parameter => uniform_(new Parameter(zeros(shape, place)), -bound, bound, generator ? { generator } : {}),
      );
    this.weight = draw([outFeatures, inFeatures]);
    this.bias = bias ? draw([outFeatures]) : null;
  }

  /** `x [..., in]` -> `[..., out]` */
  override forward(x: Tensor): Tensor {
    requireTensor("Linear", "x", x);
    return applyFused("linear", [x, this.weight, this.bias], {})[0];
  }

  override extraRepr(): string {
    return `${super.extraRepr()}, bias: ${this.bias !== null}`;
  }
}
