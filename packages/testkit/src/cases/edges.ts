import type { HostTensor, PrimitiveOp } from "@unrolled/backend";
import { vector } from "../host.js";
import type { OpCase } from "./op-case.js";
import { floats } from "./shapes.js";

/** What the table says of one edge: arguments, then results, by hand. */
interface Edge {
  readonly what: string;
  readonly inputs: readonly (readonly number[])[];
  readonly expected: readonly number[];
}

const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;

const unary = (what: string, x: readonly number[], expected: readonly number[]): Edge => ({
  what,
  inputs: [x],
  expected,
});
const binary = (what: string, a: readonly number[], b: readonly number[], expected: readonly number[]): Edge => ({
  what,
  inputs: [a, b],
  expected,
});

const edgesOfFloats: { readonly [K in PrimitiveOp]?: readonly Edge[] } = {
  neg: [unary("NaN and infinities", [nan, inf, -inf, 0], [nan, -inf, inf, 0])],
  abs: [unary("NaN and infinities", [nan, inf, -inf, 0], [nan, inf, inf, 0])],
  sign: [unary("NaN, infinities and 0", [nan, inf, -inf, 0, 1e-30, -1e-30], [nan, 1, -1, 0, 1, -1])],
  exp: [unary("overflow, underflow, NaN", [1000, -1000, inf, -inf, nan, 0], [inf, 0, inf, 0, nan, 1])],
  log: [unary("0, negative, infinite, NaN", [0, -1, -inf, inf, nan, 1], [-inf, nan, nan, inf, nan, 0])],
  sqrt: [unary("0, negative, infinite, NaN", [0, -1, -inf, inf, nan, 4], [0, nan, nan, inf, nan, 2])],
  sin: [unary("NaN and infinities", [inf, -inf, nan, 0], [nan, nan, nan, 0])],
  cos: [unary("NaN and infinities", [inf, -inf, nan, 0], [nan, nan, nan, 1])],
  tanh: [unary("far out and NaN", [inf, -inf, 1000, -1000, nan, 0], [1, -1, 1, -1, nan, 0])],
  sigmoid: [unary("far out and NaN", [inf, -inf, 1000, -1000, nan, 0], [1, 0, 1, 0, nan, 0.5])],
  relu: [unary("NaN, infinities and 0", [nan, inf, -inf, 0, -1, 2], [nan, inf, 0, 0, 0, 2])],
  erf: [unary("far out and NaN", [inf, -inf, 1000, -1000, nan, 0], [1, -1, 1, -1, nan, 0])],
  add: [binary("NaN and infinities", [inf, inf, nan, 1, -inf], [1, -inf, 1, nan, -inf], [inf, nan, nan, nan, -inf])],
  sub: [binary("NaN and infinities", [inf, inf, nan, 1, 1], [1, inf, 1, nan, inf], [inf, nan, nan, nan, -inf])],
  mul: [binary("NaN and infinities", [inf, inf, nan, 0, -inf], [2, 0, 0, nan, 2], [inf, nan, nan, nan, -inf])],
  div: [
    binary("by 0", [1, -1, 0, nan, inf], [0, 0, 0, 0, 0], [inf, -inf, nan, nan, inf]),
    binary("of and by infinity", [1, inf, -inf, inf], [inf, inf, 2, -2], [0, nan, -inf, -inf]),
  ],
  pow: [
    binary("to the 0", [0, 1, -1, nan, inf, -inf], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]),
    binary("of 1", [1, 1, 1, 1], [nan, inf, -inf, 1e30], [1, 1, 1, 1]),
    binary("of -1 to infinity", [-1, -1, -1], [inf, -inf, nan], [1, 1, nan]),
    binary("of 0", [0, 0, 0], [2, 0.5, -1], [0, 0, inf]),
    binary("of negative and infinite bases", [-8, -2, inf, inf, nan], [0.5, 3, 2, -1, 2], [nan, -8, inf, 0, nan]),
  ],
  maximum: [
    binary(
      "NaN on either side, ties, infinities",
      [nan, 1, nan, 2, inf, -inf],
      [1, nan, nan, 2, 1, 1],
      [nan, nan, nan, 2, inf, 1],
    ),
  ],
  minimum: [
    binary(
      "NaN on either side, ties, infinities",
      [nan, 1, nan, 2, inf, -inf],
      [1, nan, nan, 2, 1, 1],
      [nan, nan, nan, 2, 1, -inf],
    ),
  ],
};

const edgesOfInts: { readonly [K in PrimitiveOp]?: readonly Edge[] } = {
  add: [
    binary("wraps", [2147483647, -2147483648, 2000000000], [1, -1, 2000000000], [-2147483648, 2147483647, -294967296]),
  ],
  sub: [
    binary("wraps", [-2147483648, 2147483647, -2000000000], [1, -1, 2000000000], [2147483647, -2147483648, 294967296]),
  ],
  mul: [
    binary("is exact below 2^24", [4095, -4095, 3, 0], [4097, 4096, -5592405, 7], [16777215, -16773120, -16777215, 0]),
  ],
  sign: [unary("whole numbers", [-7, 0, 7], [-1, 0, 1])],
  relu: [unary("whole numbers", [-7, 0, 7], [0, 0, 7])],
  abs: [unary("whole numbers", [-7, 0, 7], [7, 0, 7])],
  neg: [unary("whole numbers", [-7, 0, 7], [7, 0, -7])],
};

const comparisons: { readonly [K in PrimitiveOp]?: readonly Edge[] } = {
  equal: [binary("NaN and infinities", [nan, nan, inf, inf, 0], [nan, 1, inf, -inf, -0], [0, 0, 1, 0, 1])],
  less: [binary("NaN and infinities", [nan, 1, nan, -inf, inf, 1], [1, nan, nan, inf, inf, 1], [0, 0, 0, 1, 0, 0])],
};

function cases(
  op: PrimitiveOp,
  edges: readonly Edge[] | undefined,
  dtypes: readonly ("float32" | "float64" | "int32")[],
): OpCase[] {
  return dtypes.flatMap((dtype) =>
    (edges ?? []).map(
      ({ what, inputs, expected }): OpCase => ({
        op,
        label: `${dtype} ${what}`,
        inputs: inputs.map((values) => vector(dtype, values)) as unknown as readonly [HostTensor],
        attrs: {} as OpCase["attrs"],
        expected,
      }),
    ),
  );
}

/** NaN, infinities, zeros and overflow of float ops. */
export function floatEdges(op: PrimitiveOp): OpCase[] {
  if (op === "where") return whereEdges();
  return cases(op, edgesOfFloats[op], ["float32", "float64"]);
}

/** Wrapping and exactness of int32 ops. */
export function intEdges(op: PrimitiveOp): OpCase[] {
  return cases(op, edgesOfInts[op], ["int32"]);
}

export function comparisonEdges(op: PrimitiveOp): OpCase[] {
  return cases(op, comparisons[op], ["float32", "float64"]);
}

function whereEdges(): OpCase<"where">[] {
  return floats.map(
    (dtype): OpCase<"where"> => ({
      op: "where",
      label: `${dtype} beside NaN and infinities`,
      inputs: [
        vector("bool", [1, 0, 1, 0, 1]),
        vector(dtype, [1, nan, 2, inf, nan]),
        vector(dtype, [nan, 3, -inf, 4, 5]),
      ],
      attrs: {},
      expected: [1, 3, 2, 4, nan],
    }),
  );
}
