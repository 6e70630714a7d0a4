import { ArgumentError, type DType, type FusedOp, type Meta, type TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import { copyRun } from "../arrays.js";
import { gemm, type Matrix, matrix, type PackedRight, packRight } from "../gemm.js";
import { sumColumns } from "../reductions.js";

/** Sizes of a sequence op: time steps, batch, input features, hidden units. */
export interface Sizes {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
  readonly dtype: DType;
}

type Batched = Pick<Sizes, "B" | "H">;

/** H is the width of the states. */
export function sizesOf(x: Meta, h: Meta): Sizes {
  const [T, B, I] = x.shape;
  return { T, B, I, H: h.shape[1], dtype: x.dtype };
}

/** Steps of each sequence: step t of sequence b is valid while t < ends[b]. */
export function sequenceEnds(op: FusedOp, lengths: TypedArray | null, { T, B }: Sizes): TypedArray {
  if (lengths === null) return new Int32Array(B).fill(T);
  for (let b = 0; b < B; b++) {
    if (lengths[b] < 0 || lengths[b] > T) {
      throw new ArgumentError(
        op,
        `length ${lengths[b]} of sequence ${b} does not fit ${T} time steps`,
        `use lengths from 0 to ${T}`,
      );
    }
  }
  return lengths;
}

/** `x w_ih^T + bias` for all time steps in one product: [T B, columns]. The bias is added first, and may be absent. */
export function projectInput(
  x: TypedArray,
  wIh: TypedArray,
  bias: Float64Array | null,
  columns: number,
  { T, B, I, dtype }: Sizes,
): TypedArray {
  const rows = T * B;
  const out = allocate(dtype, rows * columns);
  if (bias) for (let r = 0; r < rows; r++) for (let j = 0; j < columns; j++) out[r * columns + j] = bias[j];
  gemm(rows, columns, I, matrix(x, 0, I, 1), matrix(wIh, 0, 1, I), matrix(out, 0, columns, 1), bias !== null);
  return out;
}

/** Both biases as one; of the second, only its first `shared` elements. `null` where both are absent. */
export function combinedBias(
  bIh: TypedArray | null,
  bHh: TypedArray | null,
  columns: number,
  shared: number,
): Float64Array | null {
  if (bIh === null && bHh === null) return null;
  const out = new Float64Array(columns);
  if (bIh) for (let j = 0; j < columns; j++) out[j] = bIh[j];
  if (bHh) for (let j = 0; j < shared; j++) out[j] += bHh[j];
  return out;
}

/** Rows `first` to `first + n` of a weight [.., H], transposed and packed: the right operand of every step's product. */
export function packRecurrent(weight: TypedArray, first: number, n: number, { B, H }: Batched): PackedRight {
  return packRight(B, n, H, matrix(weight, first * H, 1, H));
}

/** The same rows as they lie: takes gradients of the products back to the states. */
export function packRecurrentBack(weight: TypedArray, first: number, n: number, { B, H }: Batched): PackedRight {
  return packRight(B, H, n, matrix(weight, first * H, H, 1));
}

/** The state that each valid step started from: [T B, H]. Rows of padded steps are zeros. */
export function previousStates(
  states: TypedArray,
  initial: TypedArray,
  ends: TypedArray,
  reverse: boolean,
  { T, B, H, dtype }: Sizes,
): TypedArray {
  const out = allocate(dtype, T * B * H);
  for (let t = 0; t < T; t++) {
    const before = reverse ? t + 1 : t - 1;
    for (let b = 0; b < B; b++) {
      if (t >= ends[b]) continue;
      const at = (t * B + b) * H;
      if (before >= 0 && before < ends[b]) copyRun(states, (before * B + b) * H, out, at, H);
      else copyRun(initial, b * H, out, at, H);
    }
  }
  return out;
}

/** `gates^T right` over all rows in one product: the gradient [gate rows, columns of right] of a weight. */
export function weightGradient(
  gates: Matrix,
  gateRows: number,
  right: TypedArray,
  columns: number,
  rows: number,
  out: TypedArray,
  at: number,
): void {
  const transposed = matrix(gates.data, gates.start, gates.column, gates.row);
  gemm(gateRows, columns, rows, transposed, matrix(right, 0, columns, 1), matrix(out, at, columns, 1), false);
}

/** Gradient of the input from gate gradients [rows, columns]: one product over all time steps. */
export function inputGradient(
  gates: TypedArray,
  wIh: TypedArray,
  columns: number,
  { T, B, I, dtype }: Sizes,
): TypedArray {
  const out = allocate(dtype, T * B * I);
  gemm(T * B, I, columns, matrix(gates, 0, columns, 1), matrix(wIh, 0, I, 1), matrix(out, 0, I, 1), false);
  return out;
}

export function biasGradient(gates: TypedArray, rows: number, columns: number, dtype: DType): TypedArray {
  const out = allocate(dtype, columns);
  sumColumns(gates, 0, rows, columns, out, 0);
  return out;
}

/** A running gradient in float64, zeros where there is no cotangent. */
export function runningGradient(cotangent: TypedArray | null, n: number): Float64Array {
  return cotangent ? Float64Array.from(cotangent) : new Float64Array(n);
}
