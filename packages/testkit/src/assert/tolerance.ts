import type { DType, PrimitiveOp } from "@unrolled/backend";

/** How far a result may be from the reference: `absolute + relative * |expected|`. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** Kinds of computation that lose precision in the same way. */
export type Precision =
  | "exact"
  | "arithmetic"
  | "exponential"
  | "transcendental"
  | "erf"
  | "accumulated"
  | "sequence"
  | "gradient";

/**
 * float32. One unit in the last place is 1.2e-7 relative.
 * - arithmetic: one rounding on a CPU, 2.5 units for a GPU's division; engines may flush numbers below 1.2e-38 to 0.
 * - exponential: a few units, and relative over the whole range, since the results span it.
 * - transcendental: a few units, and absolute near a zero of the function, where GPUs approximate by absolute error.
 * - erf: what the op table grants.
 * - accumulated: each term adds a rounding of the partial sum, which is of the order of the terms; times the number of terms.
 * - sequence: products and activations repeated over time; states stay near 1.
 * - gradient: the same, once forward and once backward, summed over time and batch.
 */
const float32: Readonly<Record<Precision, Tolerance>> = {
  exact: { relative: 0, absolute: 0 },
  arithmetic: { relative: 3e-7, absolute: 1.2e-38 },
  exponential: { relative: 2e-6, absolute: 1.2e-38 },
  transcendental: { relative: 2e-6, absolute: 1e-6 },
  erf: { relative: 6e-8, absolute: 2e-7 },
  accumulated: { relative: 2e-6, absolute: 1e-6 },
  sequence: { relative: 1e-5, absolute: 5e-6 },
  gradient: { relative: 1e-4, absolute: 2e-5 },
};

/** float64 runs on CPUs only. Gradients are held against central differences, whose own error is about 1e-9. */
const float64: Readonly<Record<Precision, Tolerance>> = {
  exact: { relative: 0, absolute: 0 },
  arithmetic: { relative: 1e-15, absolute: 0 },
  exponential: { relative: 1e-12, absolute: 0 },
  transcendental: { relative: 1e-12, absolute: 1e-12 },
  erf: { relative: 0, absolute: 1e-13 },
  accumulated: { relative: 1e-12, absolute: 1e-12 },
  sequence: { relative: 1e-12, absolute: 1e-12 },
  gradient: { relative: 1e-7, absolute: 1e-8 },
};

const exact: Tolerance = { relative: 0, absolute: 0 };

/**
 * The tolerance of a result of `dtype`; `terms` is the length of the sums in it. int32 and bool are exact.
 *
 * @example
 * toleranceOf("float32", precisionOf.sum, 64); // for sums of 64 terms
 */
export function toleranceOf(dtype: DType, precision: Precision, terms = 1): Tolerance {
  if (dtype === "int32" || dtype === "bool") return exact;
  const { relative, absolute } = (dtype === "float32" ? float32 : float64)[precision];
  return { relative, absolute: absolute * Math.max(1, terms) };
}

/** How closely each primitive op is held to the reference. */
export const precisionOf: { readonly [K in PrimitiveOp]: Precision } = {
  neg: "exact",
  abs: "exact",
  sign: "exact",
  exp: "exponential",
  log: "transcendental",
  sqrt: "arithmetic",
  sin: "transcendental",
  cos: "transcendental",
  tanh: "transcendental",
  sigmoid: "exponential",
  relu: "exact",
  erf: "erf",
  add: "arithmetic",
  sub: "arithmetic",
  mul: "arithmetic",
  div: "arithmetic",
  pow: "exponential",
  maximum: "exact",
  minimum: "exact",
  equal: "exact",
  less: "exact",
  where: "exact",
  sum: "accumulated",
  max: "exact",
  argmax: "exact",
  cumsum: "accumulated",
  matmul: "accumulated",
  reshape: "exact",
  transpose: "exact",
  broadcast: "exact",
  slice: "exact",
  concat: "exact",
  pad: "exact",
  flip: "exact",
  gather: "exact",
  scatterAdd: "accumulated",
  cast: "exact",
  fill: "exact",
  iota: "exact",
};
