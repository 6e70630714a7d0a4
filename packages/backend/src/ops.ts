import type { DType } from "./dtype.js";
import type { Shape } from "./shape.js";

/** What is known of a tensor without looking at its elements. */
export interface Meta {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** No attributes. */
// biome-ignore lint/complexity/noBannedTypes: an op without attributes takes exactly {}
export type None = {};

interface Unary {
  in: readonly [x: Meta];
  out: readonly [Meta];
  attrs: None;
}
interface Binary {
  in: readonly [a: Meta, b: Meta];
  out: readonly [Meta];
  attrs: None;
}
interface Reduction {
  in: readonly [x: Meta];
  out: readonly [Meta];
  /** `axes` sorted, non-negative, without repeats. */
  attrs: { readonly axes: readonly number[]; readonly keepDims: boolean };
}

/**
 * The primitives. Attributes are canonical: axes are non-negative, and defaults are filled in by whoever calls the op.
 * Rows are types only; `table` holds shape rules and words.
 */
export interface Primitives {
  neg: Unary;
  abs: Unary;
  sign: Unary;
  exp: Unary;
  log: Unary;
  sqrt: Unary;
  sin: Unary;
  cos: Unary;
  tanh: Unary;
  sigmoid: Unary;
  relu: Unary;
  erf: Unary;

  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  pow: Binary;
  maximum: Binary;
  minimum: Binary;

  equal: Binary;
  less: Binary;
  where: { in: readonly [condition: Meta, a: Meta, b: Meta]; out: readonly [Meta]; attrs: None };

  sum: Reduction;
  max: Reduction;
  argmax: {
    in: readonly [x: Meta];
    out: readonly [Meta];
    attrs: { readonly axis: number; readonly keepDims: boolean };
  };
  cumsum: { in: readonly [x: Meta]; out: readonly [Meta]; attrs: { readonly axis: number; readonly reverse: boolean } };

  matmul: {
    in: readonly [a: Meta, b: Meta];
    out: readonly [Meta];
    attrs: { readonly transA: boolean; readonly transB: boolean };
  };

  reshape: { in: readonly [x: Meta]; out: readonly [Meta]; attrs: { readonly shape: Shape } };
  transpose: { in: readonly [x: Meta]; out: readonly [Meta]; attrs: { readonly perm: readonly number[] } };
  broadcast: { in: readonly [x: Meta]; out: readonly [Meta]; attrs: { readonly shape: Shape } };
  slice: {
    in: readonly [x: Meta];
    out: readonly [Meta];
    attrs: { readonly starts: readonly number[]; readonly ends: readonly number[]; readonly steps: readonly number[] };
  };
  concat: { in: readonly Meta[]; out: readonly [Meta]; attrs: { readonly axis: number } };
  pad: {
    in: readonly [x: Meta];
    out: readonly [Meta];
    attrs: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
  };
  flip: { in: readonly [x: Meta]; out: readonly [Meta]; attrs: { readonly axes: readonly number[] } };

  gather: { in: readonly [x: Meta, indices: Meta]; out: readonly [Meta]; attrs: { readonly axis: number } };
  scatterAdd: {
    in: readonly [base: Meta, indices: Meta, updates: Meta];
    out: readonly [Meta];
    attrs: { readonly axis: number };
  };

  cast: { in: readonly [x: Meta]; out: readonly [Meta]; attrs: { readonly dtype: DType } };
  fill: {
    in: readonly [];
    out: readonly [Meta];
    attrs: { readonly shape: Shape; readonly value: number; readonly dtype: DType };
  };
  iota: { in: readonly []; out: readonly [Meta]; attrs: { readonly length: number; readonly dtype: DType } };
}

/** Ops with a decomposition into primitives, which a backend may offer whole, forward and backward together. */
export interface Fused {
  /** `x [..., I]`, `weight [O, I]`, `bias [O]` -> `[..., O]` */
  linear: { in: readonly [x: Meta, weight: Meta, bias: Meta | null]; out: readonly [Meta]; attrs: None };
  /** `x` -> the same shape */
  softmax: { in: readonly [x: Meta]; out: readonly [Meta]; attrs: { readonly axis: number } };
  /** `x` -> the same shape */
  logSoftmax: { in: readonly [x: Meta]; out: readonly [Meta]; attrs: { readonly axis: number } };
  /** `logits` with their classes along `axis`, int32 `targets` in that shape without it -> one loss for each target */
  softmaxCrossEntropy: {
    in: readonly [logits: Meta, targets: Meta];
    out: readonly [Meta];
    attrs: { readonly axis: number };
  };
  /** Over the dimensions of `x` from `axis` on, whose sizes `weight` and `bias` have -> the same shape */
  layerNorm: {
    in: readonly [x: Meta, weight: Meta | null, bias: Meta | null];
    out: readonly [Meta];
    attrs: { readonly axis: number; readonly eps: number };
  };
  /** `x [T, B, I]`, `h [B, H]`, `wIh [H, I]`, `wHh [H, H]`, biases `[H]`, `lengths [B]` int32 -> `y [T, B, H]`, `h [B, H]` */
  rnnSequence: {
    in: readonly [x: Meta, h: Meta, wIh: Meta, wHh: Meta, bIh: Meta | null, bHh: Meta | null, lengths: Meta | null];
    out: readonly [y: Meta, h: Meta];
    attrs: { readonly nonlinearity: "tanh" | "relu"; readonly reverse: boolean };
  };
  /**
   * Gates i, f, g, o stacked along the rows: `wIh [4H, I]`, `wHh [4H, H]`, biases `[4H]` -> `y`, `h`, `c`. With `wHr [P, H]` the hidden
   * state is projected: `h [B, P]`, `c [B, H]`, `wHh [4H, P]` -> `y [T, B, P]`, `h [B, P]`, `c [B, H]`
   */
  lstmSequence: {
    in: readonly [
      x: Meta,
      h: Meta,
      c: Meta,
      wIh: Meta,
      wHh: Meta,
      bIh: Meta | null,
      bHh: Meta | null,
      lengths: Meta | null,
      wHr: Meta | null,
    ];
    out: readonly [y: Meta, h: Meta, c: Meta];
    attrs: { readonly reverse: boolean };
  };
  /** Gates r, z, n stacked along the rows: `wIh [3H, I]`, `wHh [3H, H]`, biases `[3H]` -> `y`, `h` */
  gruSequence: {
    in: readonly [x: Meta, h: Meta, wIh: Meta, wHh: Meta, bIh: Meta | null, bHh: Meta | null, lengths: Meta | null];
    out: readonly [y: Meta, h: Meta];
    attrs: { readonly resetAfter: boolean; readonly reverse: boolean };
  };
}

/** Optimiser updates: a decomposition, an optional kernel, no gradient. Scalars that change from step to step are 0-d inputs. */
export interface Updates {
  /** -> new parameter, new momentum buffer. `gradientGain` multiplies the gradient as it enters the buffer (1 - dampening). */
  sgdStep: {
    in: readonly [
      parameter: Meta,
      gradient: Meta,
      momentumBuffer: Meta | null,
      learningRate: Meta,
      gradientGain: Meta | null,
    ];
    out: readonly [parameter: Meta, momentumBuffer: Meta | null];
    attrs: {
      readonly momentum: number;
      readonly nesterov: boolean;
      readonly weightDecay: number;
      readonly maximize: boolean;
    };
  };
  /**
   * -> new parameter, exponential averages of the gradient and of its square, and their running maximum (amsgrad).
   * `stepSize` is lr / (1 - beta1^t), `secondCorrection` is sqrt(1 - beta2^t).
   */
  adamStep: {
    in: readonly [
      parameter: Meta,
      gradient: Meta,
      expAvg: Meta,
      expAvgSq: Meta,
      maxExpAvgSq: Meta | null,
      learningRate: Meta,
      stepSize: Meta,
      secondCorrection: Meta,
    ];
    out: readonly [parameter: Meta, expAvg: Meta, expAvgSq: Meta, maxExpAvgSq: Meta | null];
    attrs: {
      readonly beta1: number;
      readonly beta2: number;
      readonly eps: number;
      readonly weightDecay: number;
      readonly decoupledWeightDecay: boolean;
      readonly maximize: boolean;
    };
  };
}

/** All ops: primitives, fused ops and updates. */
export interface Ops extends Primitives, Fused, Updates {}

/** The name of a primitive op. */
export type PrimitiveOp = keyof Primitives;
/** The name of a fused op. */
export type FusedOp = keyof Fused;
/** The name of an optimiser's update. */
export type UpdateOp = keyof Updates;
/** The name of any op. */
export type Op = keyof Ops;

/** The attributes of an op K. */
export type Attrs<K extends Op> = Ops[K]["attrs"];

/** The op's inputs or outputs with every `Meta` replaced by `T`; optional ones are `T | null`. */
export type Lift<M extends readonly (Meta | null)[], T> = {
  readonly [I in keyof M]: M[I] extends Meta ? T : T | null;
};
/** The inputs of an op K as a tuple of T. */
export type In<K extends Op, T> = Lift<Ops[K]["in"], T>;
/** The outputs of an op K: one T, or a tuple. */
export type Out<K extends Op, T> = Lift<Ops[K]["out"], T>;
