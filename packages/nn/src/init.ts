import { ArgumentError, formatShape, ShapeError } from "@unrolled/backend";
import { describeValue, noGrad, type RandomOptions, rand, randn, type Tensor } from "@unrolled/core";
import { fill, type InitOptions } from "./init/fill.js";

export type { InitOptions } from "./init/fill.js";
export { calculateGain, type Nonlinearity } from "./init/gain.js";
export { eye_, sparse_ } from "./init/matrix.js";
export { orthogonal_ } from "./init/orthogonal.js";
export { truncNormal_ } from "./init/trunc-normal.js";

function drawLike(tensor: Tensor, { generator }: InitOptions): RandomOptions {
  const options = { dtype: tensor.dtype, backend: tensor.backend };
  return generator ? { ...options, generator } : options;
}

/**
 * Uniform in [low, high); default [0, 1).
 *
 * @throws ArgumentError if low > high
 * @example
 * init.uniform_(zeros([3, 2]), -0.1, 0.1);
 */
export function uniform_<T extends Tensor>(tensor: T, low = 0, high = 1, options: InitOptions = {}): T {
  if (!(low <= high))
    throw new ArgumentError("uniform_", `from ${describeValue(low)} to ${describeValue(high)}`, "use low <= high");
  return fill(tensor, () => rand(tensor.shape, { low, high, ...drawLike(tensor, options) }));
}

/**
 * Normal; default mean 0, standard deviation 1.
 *
 * @throws ArgumentError if std is negative
 * @example
 * init.normal_(zeros([3, 2]), 0, 0.02);
 */
export function normal_<T extends Tensor>(tensor: T, mean = 0, std = 1, options: InitOptions = {}): T {
  if (!(std >= 0))
    throw new ArgumentError("normal_", `standard deviation ${describeValue(std)}`, "use a number of 0 or more");
  return fill(tensor, () => randn(tensor.shape, { mean, std, ...drawLike(tensor, options) }));
}

/** One value everywhere. */
export function constant_<T extends Tensor>(tensor: T, value: number): T {
  noGrad(() => tensor.fill_(value));
  return tensor;
}

/** Zeros everywhere. */
export function zeros_<T extends Tensor>(tensor: T): T {
  return constant_(tensor, 0);
}

/** Ones everywhere. */
export function ones_<T extends Tensor>(tensor: T): T {
  return constant_(tensor, 1);
}

/** Inputs and outputs of a weight [out, in, ...]. */
function fans(op: string, { shape }: Tensor): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new ShapeError(op, `${formatShape(shape)} has no fan-in`, "use it on weights of two or more dimensions");
  const field = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1] * field, fanOut: shape[0] * field };
}

/**
 * Uniform within +-gain sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010).
 *
 * @example
 * init.xavierUniform_(zeros([3, 2]), 1, { generator: new Generator(7) });
 */
export function xavierUniform_<T extends Tensor>(tensor: T, gain = 1, options: InitOptions = {}): T {
  const { fanIn, fanOut } = fans("xavierUniform_", tensor);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(tensor, -bound, bound, options);
}

/**
 * Normal with standard deviation gain sqrt(2 / (fanIn + fanOut)).
 *
 * @example
 * init.xavierNormal_(zeros([3, 2]));
 */
export function xavierNormal_<T extends Tensor>(tensor: T, gain = 1, options: InitOptions = {}): T {
  const { fanIn, fanOut } = fans("xavierNormal_", tensor);
  return normal_(tensor, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), options);
}

/** Options of `kaimingUniform_` and `kaimingNormal_`. */
export interface KaimingOptions extends InitOptions {
  /** Keep the scale of activations (fanIn, default) or of gradients (fanOut). */
  readonly mode?: "fanIn" | "fanOut";
  /** The activation's gain; sqrt(2) for relu (default). */
  readonly gain?: number;
}

function kaimingScale(op: string, tensor: Tensor, { mode = "fanIn", gain = Math.SQRT2 }: KaimingOptions): number {
  if (mode !== "fanIn" && mode !== "fanOut")
    throw new ArgumentError(op, `mode ${describeValue(mode)}`, 'use "fanIn" or "fanOut"');
  return gain / Math.sqrt(fans(op, tensor)[mode]);
}

/**
 * Uniform within +-gain sqrt(3 / fan) (He et al., 2015).
 *
 * @example
 * init.kaimingUniform_(zeros([3, 2]), { gain: init.calculateGain("leakyRelu", 0.2) });
 */
export function kaimingUniform_<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingScale("kaimingUniform_", tensor, options);
  return uniform_(tensor, -bound, bound, options);
}

/**
 * Normal with standard deviation gain / sqrt(fan).
 *
 * @example
 * init.kaimingNormal_(zeros([3, 2]), { mode: "fanOut" });
 */
export function kaimingNormal_<T extends Tensor>(tensor: T, options: KaimingOptions = {}): T {
  return normal_(tensor, 0, kaimingScale("kaimingNormal_", tensor, options), options);
}
