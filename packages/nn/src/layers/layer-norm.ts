import { ArgumentError, DTypeError, formatShape, isFloat, requireKnownOptions, ShapeError } from "@unrolled/backend";
import { applyFused, type CreateOptions, describeValue, ones, scope, type Tensor, zeros } from "@unrolled/core";
import { Module } from "../module.js";
import { Parameter } from "../parameter.js";
import { requireTensor } from "../require-tensor.js";

/** Options of `LayerNorm`. */
export interface LayerNormOptions extends Pick<CreateOptions, "dtype" | "backend"> {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Learn a weight (starts at 1) and a bias (starts at 0) for each element. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Learn the bias; means nothing without `elementwiseAffine`. Default true. */
  readonly bias?: boolean;
}

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias, over the last dimensions, as torch.nn.LayerNorm (Ba et al., 2016).
 * The variance is the population's. Weight and bias have the shape `normalizedShape`; a number is one dimension.
 *
 * @throws ArgumentError for sizes that are no positive integers, or an eps that is negative or infinite
 * @example
 * new LayerNorm(16).forward(zeros([8, 5, 16])); // [8, 5, 16]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    requireKnownOptions("LayerNorm", options, ["eps", "elementwiseAffine", "bias", "dtype", "backend"]);
    const { eps = 1e-5, elementwiseAffine = true, bias = true, ...place } = options;
    const shape = Array.isArray(normalizedShape) ? [...normalizedShape] : [normalizedShape];
    if (shape.length === 0 || shape.some((size) => !Number.isInteger(size) || size < 1))
      throw new ArgumentError(
        "LayerNorm",
        `normalizedShape ${describeValue(normalizedShape)}`,
        "use one or more positive integers",
      );
    if (!(eps >= 0 && eps < Number.POSITIVE_INFINITY))
      throw new ArgumentError("LayerNorm", `eps ${describeValue(eps)}`, "use a finite number of 0 or more");
    this.normalizedShape = shape;
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    const learned = (make: typeof ones): Parameter => scope((): Parameter => new Parameter(make(shape, place)));
    this.weight = elementwiseAffine ? learned(ones) : null;
    this.bias = elementwiseAffine && bias ? learned(zeros) : null;
  }

  /**
   * `x [..., *normalizedShape]` -> the same shape
   *
   * @throws ShapeError if x does not end in `normalizedShape`
   * @throws DTypeError unless x holds floats
   */
  override forward(x: Tensor): Tensor {
    requireTensor("LayerNorm", "x", x);
    if (!isFloat(x.dtype)) throw new DTypeError("LayerNorm", `x is ${x.dtype}`, 'use floats: x.cast("float32")');
    const lead = x.rank - this.normalizedShape.length;
    if (lead < 0 || this.normalizedShape.some((size, i) => x.shape[lead + i] !== size)) {
      throw new ShapeError(
        "LayerNorm",
        `x ${formatShape(x.shape)} does not end in ${formatShape(this.normalizedShape)}`,
        "make the last dimensions those the layer was made for",
      );
    }
    return applyFused("layerNorm", [x, this.weight, this.bias], { axis: lead, eps: this.eps })[0];
  }

  override extraRepr(): string {
    return `${super.extraRepr()}, bias: ${this.bias !== null}`;
  }
}
