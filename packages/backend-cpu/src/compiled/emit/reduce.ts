import type { Attrs } from "@unrolled/backend";
import type { BoundOp } from "../bind/bound.js";
import type { Value } from "../bind/value.js";
import { type Address, behind, type Code } from "../encode/code.js";
import type { Piece } from "../plan/piece.js";
import type { Emission } from "./emission.js";
import type { KernelName } from "./library.js";

/** Up to this many elements are added one after the other in code of their own. */
const mostUnrolled = 48;
/** Beyond, the backend's kernel does it. */
const mostCalls = 64;

/** A reduction of x [outer, count, inner] over count; null where the axes are no neighbours. */
interface Fold {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

function foldOf(shape: readonly number[], axes: readonly number[]): Fold | null {
  const [first, last] = [axes[0], axes[axes.length - 1]];
  const product = (from: number, to: number): number => shape.slice(from, to).reduce((a, b) => a * b, 1);
  for (let d = first; d <= last; d++) if (!axes.includes(d) && shape[d] !== 1) return null;
  return { outer: product(0, first), count: product(first, last + 1), inner: product(last + 1, shape.length) };
}

export function reducePiece(node: BoundOp): Piece | null {
  const op = node.op as "sum" | "max";
  const [x] = node.inputs as readonly Value[];
  const [out] = node.outputs;
  const { axes } = node.attrs as Attrs<"sum">;
  if (!out || axes.length === 0 || x.dtype !== "float32" || x.length === 0) return null;
  const fold = foldOf(x.shape, axes);
  if (fold === null || (fold.inner > 1 && fold.outer > mostCalls)) return null;
  return {
    kind: "piece",
    reads: [x],
    writes: [out],
    mayRaise: false,
    emit: (emission) => {
      const from = emission.address(x);
      const to = emission.address(out);
      const { outer, count, inner } = fold;
      if (inner === 1) emitRowFolds(emission, op, from, to, outer, count);
      else {
        for (let o = 0; o < outer; o++)
          emitColumnFolds(emission, op, behind(from, 4 * o * count * inner), behind(to, 4 * o * inner), count, inner);
      }
    },
  };
}

type Op = "sum" | "max";
const kernels: Record<Op, { readonly rows: KernelName; readonly columns: KernelName }> = {
  sum: { rows: "sumRows", columns: "sumColumns" },
  max: { rows: "maxRows", columns: "maxColumns" },
};

function callFold(
  { callKernel }: Emission,
  name: KernelName,
  from: Address,
  to: Address,
  rows: number,
  n: number,
): void {
  callKernel(name, [from.offset, to.offset, rows, n], rows * n);
}

/** Sums run in float64, as in the kernels. */
function emitFew(code: Code, op: Op, to: Address, count: number, at: (i: number) => Address): void {
  code.base(to);
  for (let i = 0; i < count; i++) {
    code.load("f32.load", at(i));
    if (op === "sum") code.op("f64.promote_f32");
    if (i > 0) code.op(op === "sum" ? "f64.add" : "f32.max");
  }
  if (op === "sum") code.op("f32.demote_f64");
  code.store("f32.store", to);
}

function emitRowFolds(emission: Emission, op: Op, from: Address, to: Address, rows: number, n: number): void {
  if (rows * n > mostUnrolled) callFold(emission, kernels[op].rows, from, to, rows, n);
  else {
    for (let r = 0; r < rows; r++)
      emitFew(emission.code, op, behind(to, 4 * r), n, (i) => behind(from, 4 * (r * n + i)));
  }
}

function emitColumnFolds(emission: Emission, op: Op, from: Address, to: Address, rows: number, n: number): void {
  if (rows * n > mostUnrolled) callFold(emission, kernels[op].columns, from, to, rows, n);
  else {
    for (let j = 0; j < n; j++)
      emitFew(emission.code, op, behind(to, 4 * j), rows, (i) => behind(from, 4 * (i * n + j)));
  }
}

/** Sums over the rows of x [rows, n]. */
export function emitColumnSums(emission: Emission, x: Value, out: Value, rows: number, n: number): void {
  emitColumnFolds(emission, "sum", emission.address(x), emission.address(out), rows, n);
}
