import { type Attrs, sizeOf } from "@unrolled/backend";
import type { KernelExports } from "../../../wasm/kernel-exports.js";
import type { BoundBackward, BoundOp } from "../../bind/bound.js";
import { Value } from "../../bind/value.js";
import type { Piece } from "../../plan/piece.js";
import type { Emission } from "../emission.js";
import { zerosPiece } from "../join.js";
import { emitColumnSums } from "../reduce.js";
import type { Matrix, Product } from "./matrix.js";
import { emitProduct, productScratch } from "./product.js";

type Sizes = Pick<Product, "m" | "n" | "k">;

function scratchFor(sizes: readonly Sizes[], kernels: KernelExports): Value[] {
  const bytes = Math.max(...sizes.map((one) => productScratch(one, kernels)));
  return bytes === 0 ? [] : [Value.scratch(Math.ceil(bytes / 4))];
}

const isFloat32 = (...values: readonly (Value | null)[]): boolean =>
  values.every((value) => value === null || (value.dtype === "float32" && value.length > 0));

function rowMajor(emission: Emission, value: Value, columns: number, isTransposed = false): Matrix {
  const address = emission.address(value);
  return isTransposed ? { address, row: 1, column: columns } : { address, row: columns, column: 1 };
}

/** One product, or many of equal sizes whose left operands lie one behind the other; null for other batches. */
export function matmulPiece(node: BoundOp, kernels: KernelExports): Piece | null {
  const [a, b] = node.inputs as readonly Value[];
  const [out] = node.outputs;
  if (!out || !isFloat32(a, b, out)) return null;
  const { transA, transB } = node.attrs as Attrs<"matmul">;
  const rank = out.shape.length;
  const [m, n] = out.shape.slice(-2);
  const [rowsA, columnsA] = a.shape.slice(-2);
  const columnsB = b.shape[b.shape.length - 1];
  const k = transA ? rowsA : columnsA;
  const batch = sizeOf(out.shape.slice(0, rank - 2));
  const isOne = batch === 1;
  const isTall = !transA && b.length === k * n && a.length === batch * m * k;
  const steps = [a.length / (rowsA * columnsA), b.length / (k * n)];
  if (!isOne && !isTall && steps.some((count) => count !== 1 && count !== batch)) return null;
  const product = { m: isTall ? batch * m : m, n, k };
  const scratch = scratchFor([product], kernels);
  return {
    kind: "piece",
    reads: [a, b],
    writes: [out],
    scratch,
    mayRaise: false,
    emit: (emission) => {
      const { address } = emission;
      const panels = scratch[0] ?? null;
      if (isOne || isTall) {
        const left = rowMajor(emission, a, columnsA, transA);
        const right = rowMajor(emission, b, columnsB, transB);
        emitProduct(emission, { ...product, a: left, b: right, c: address(out), start: null }, panels);
        return;
      }
      const step = (count: number, size: number): number => (count === 1 ? 0 : 4 * size);
      const left = [address(a).offset, step(steps[0], m * k), transA ? 1 : 0];
      const right = [address(b).offset, step(steps[1], k * n), transB ? 1 : 0];
      const to = [address(out).offset, panels ? address(panels).offset : 0];
      emission.callKernel("batchedMatmul", [batch, m, n, k, ...left, ...right, ...to], batch * m * n * k);
    },
  };
}

interface LinearSizes {
  readonly rows: number;
  readonly I: number;
  readonly O: number;
}

function linearSizes({ inputs }: BoundOp): LinearSizes {
  const [x, weight] = inputs as readonly Value[];
  const [O, I] = weight.shape;
  return { rows: x.length / I, I, O };
}

export function linearPiece(node: BoundOp, kernels: KernelExports): Piece | null {
  const [x, weight, bias] = node.inputs as readonly [Value, Value, Value | null];
  const [out] = node.outputs;
  if (!out || !isFloat32(x, weight, bias, out)) return null;
  const { rows, I, O } = linearSizes(node);
  const product = { m: rows, n: O, k: I };
  const scratch = scratchFor([product], kernels);
  return {
    kind: "piece",
    reads: bias ? [x, weight, bias] : [x, weight],
    writes: [out],
    scratch,
    mayRaise: false,
    emit: (emission) => {
      const { address } = emission;
      const operands = { a: rowMajor(emission, x, I), b: rowMajor(emission, weight, I, true) };
      const start = bias && address(bias);
      const panels = scratch[0] ?? null;
      emitProduct(emission, { ...product, ...operands, c: address(out), start }, panels);
    },
  };
}

/** Gradients of linear need its inputs alone, so the forward pass may run any way. */
export function linearBackwardPiece(node: BoundBackward, kernels: KernelExports): Piece | null {
  const { forward, inputs, outputs } = node;
  const [dy] = inputs;
  const [x, weight] = forward.inputs as readonly Value[];
  const [dx, dWeight, dBias] = outputs;
  if (!isFloat32(dy, x, weight)) return null;
  if (!dy) return zerosPiece(outputs);
  const { rows, I, O } = linearSizes(forward);
  const forX = { m: rows, n: I, k: O };
  const forWeight = { m: O, n: I, k: rows };
  const wanted = [...(dx ? [forX] : []), ...(dWeight ? [forWeight] : [])];
  const scratch = wanted.length === 0 ? [] : scratchFor(wanted, kernels);
  return {
    kind: "piece",
    reads: [dy, x, weight],
    writes: outputs.filter((value) => value !== null),
    scratch,
    mayRaise: false,
    emit: (emission) => {
      const { address } = emission;
      const panels = scratch[0] ?? null;
      const right = rowMajor(emission, weight, I);
      if (dx) {
        const left = rowMajor(emission, dy, O);
        emitProduct(emission, { ...forX, a: left, b: right, c: address(dx), start: null }, panels);
      }
      if (dWeight) {
        const left = rowMajor(emission, dy, O, true);
        const sequence = rowMajor(emission, x, I);
        emitProduct(emission, { ...forWeight, a: left, b: sequence, c: address(dWeight), start: null }, panels);
      }
      if (dBias) emitColumnSums(emission, dy, dBias, rows, O);
    },
  };
}
