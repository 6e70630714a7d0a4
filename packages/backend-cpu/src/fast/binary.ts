import { sizeOf, type TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import { type BinaryKernel, div, mul, pow } from "../binary.js";
import { planWalk, type Walk } from "../broadcast.js";
import type { Engine } from "../wasm/engine.js";
import type { PairExports } from "../wasm/kernel-exports.js";
import type { EngineSource } from "./engine-source.js";
import { PIECE, type Workspace, workspaceOf } from "./workspace.js";

/** Results below which the plain kernel is as fast. */
const LEAST = 512;
/** Results a row, where an operand is broadcast, below which the plain kernel is as fast. */
const LEAST_ROW = 16;

/**
 * The plain kernel for few elements, short rows and other dtypes; else the WebAssembly one of that name, which takes the rows in
 * pieces.
 */
export function fastBinary(source: EngineSource, name: keyof PairExports, plain: BinaryKernel): BinaryKernel {
  return (inputs, call) => {
    const [a, b] = inputs;
    if ((a.length < LEAST && b.length < LEAST) || !(a instanceof Float32Array && b instanceof Float32Array)) {
      return plain(inputs, call);
    }
    const { shape } = call.out[0];
    const total = sizeOf(shape);
    if (total === 0) return plain(inputs, call);
    const walk = planWalk(shape, call.in[0].shape, call.in[1].shape);
    const engine = walk.sizes[0] < LEAST_ROW ? null : source();
    if (engine === null) return plain(inputs, call);
    const out = allocate("float32", total);
    walkPlanes(engine, name, walk, a, b, out);
    return [out];
  };
}

/** A square is a product and the power -1 a quotient, to the bit; other exponents are left to the plain kernel. */
export function fastPow(source: EngineSource): BinaryKernel {
  const multiply = fastBinary(source, "mulPairs", mul);
  const divide = fastBinary(source, "divPairs", div);
  const one = Float32Array.of(1);
  return (inputs, call) => {
    const [base, exponent] = inputs;
    if (exponent.length !== 1 || !(base instanceof Float32Array)) return pow(inputs, call);
    const [meta] = call.in;
    if (exponent[0] === 2) return multiply([base, base], { in: [meta, meta], out: call.out });
    if (exponent[0] === -1) {
      return divide([one, base], { in: [{ shape: [], dtype: "float32" }, meta], out: call.out });
    }
    return pow(inputs, call);
  };
}

/** The two innermost dimensions are a plane of rows; the others are walked here. */
function walkPlanes(
  engine: Engine,
  name: keyof PairExports,
  { rank, sizes, a: stepsA, b: stepsB, index }: Walk,
  a: Float32Array,
  b: Float32Array,
  out: TypedArray,
): void {
  const n = sizes[0];
  const rows = rank > 1 ? sizes[1] : 1;
  const x: Operand = { data: a, start: 0, row: rank > 1 ? stepsA[1] : 0, step: stepsA[0] };
  const y: Operand = { data: b, start: 0, row: rank > 1 ? stepsB[1] : 0, step: stepsB[0] };
  for (let at = 0; at < out.length; at += rows * n) {
    plane(engine, name, x, y, out, at, rows, n);
    for (let d = 2; d < rank; d++) {
      x.start += stepsA[d];
      y.start += stepsB[d];
      if (++index[d] < sizes[d]) break;
      x.start -= stepsA[d] * sizes[d];
      y.start -= stepsB[d] * sizes[d];
      index[d] = 0;
    }
  }
}

/** Element (i, j) of a plane is at `start + i * row + j * step`; `step` is 0 or 1. */
interface Operand {
  readonly data: Float32Array;
  start: number;
  readonly row: number;
  readonly step: number;
}

/** Whole rows at a time, or pieces of one where it is long. */
function plane(
  engine: Engine,
  name: keyof PairExports,
  x: Operand,
  y: Operand,
  out: TypedArray,
  at: number,
  rows: number,
  n: number,
): void {
  const workspace = workspaceOf(engine);
  const kernel = engine.exports[name];
  const [forX, forY, result] = [workspace.at(0), workspace.at(1), workspace.at(2)];
  const most = Math.max(1, Math.floor(PIECE / n));
  for (let i = 0; i < rows; i += most) {
    const some = Math.min(most, rows - i);
    for (let j = 0; j < n; j += PIECE) {
      const width = Math.min(PIECE, n - j);
      copyIn(workspace, 0, x, i, j, some, width);
      copyIn(workspace, 1, y, i, j, some, width);
      kernel(forX, x.row * 4, x.step, forY, y.row * 4, y.step, result, some, width);
      workspace.copyOut(2, out, at + i * n + j, some * width);
    }
  }
}

function copyIn(workspace: Workspace, block: number, x: Operand, i: number, j: number, rows: number, n: number): void {
  const width = x.step ? n : 1;
  workspace.copyIn(block, x.data, x.start + i * x.row + j * x.step, x.row ? rows * width : width);
}
