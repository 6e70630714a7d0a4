import { sizeOf, type TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import { type BinaryKernel, div, mul, pow } from "../binary.js";
import { planWalk } from "../broadcast.js";
import type { Engine } from "../wasm/engine.js";
import type { PairExports } from "../wasm/kernel-exports.js";
import type { EngineSource } from "./engine-source.js";
import { PIECE, type Workspace, workspaceOf } from "./workspace.js";

/** Results below which the plain kernel is as fast. */
const LEAST = 512;
/** Results a row below which the plain kernel is as fast, where an operand is broadcast. */
const LEAST_ROW = 16;

/** One operand of `out [rows, n]`: element (i, j) is at `i * row + j * step`; both 0 or, as rows go, contiguous. */
interface Operand {
  readonly data: Float32Array;
  readonly row: number;
  readonly step: number;
}

/**
 * The plain kernel for few elements, other dtypes, and shapes that need more than two loops; else the WebAssembly one of that
 * name, which takes the rows in pieces.
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
    const { rank, sizes, a: stepsA, b: stepsB } = planWalk(shape, call.in[0].shape, call.in[1].shape);
    const n = sizes[0];
    const engine = rank > 2 || n > PIECE * (rank === 1 ? Infinity : 1) || n < LEAST_ROW ? null : source();
    if (engine === null) return plain(inputs, call);
    const x: Operand = { data: a, row: rank > 1 ? stepsA[1] : 0, step: stepsA[0] };
    const y: Operand = { data: b, row: rank > 1 ? stepsB[1] : 0, step: stepsB[0] };
    return [rank > 1 ? byRows(engine, name, x, y, total / n, n) : inOneRun(engine, name, x, y, n)];
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

function inOneRun(engine: Engine, name: keyof PairExports, x: Operand, y: Operand, n: number): TypedArray {
  const workspace = workspaceOf(engine);
  const out = allocate("float32", n);
  for (let i = 0; i < n; i += PIECE) {
    const piece = Math.min(PIECE, n - i);
    if (x.step || i === 0) workspace.copyIn(0, x.data, x.step ? i : 0, x.step ? piece : 1);
    if (y.step || i === 0) workspace.copyIn(1, y.data, y.step ? i : 0, y.step ? piece : 1);
    engine.exports[name](workspace.at(0), 0, x.step, workspace.at(1), 0, y.step, workspace.at(2), 1, piece);
    workspace.copyOut(2, out, i, piece);
  }
  return out;
}

function byRows(engine: Engine, name: keyof PairExports, x: Operand, y: Operand, rows: number, n: number): TypedArray {
  const workspace = workspaceOf(engine);
  const out = allocate("float32", rows * n);
  const most = Math.floor(PIECE / n);
  for (let i = 0; i < rows; i += most) {
    const some = Math.min(most, rows - i);
    copyRows(workspace, 0, x, i, some, n);
    copyRows(workspace, 1, y, i, some, n);
    const [at, bt] = [workspace.at(0), workspace.at(1)];
    engine.exports[name](at, x.row * 4, x.step, bt, y.row * 4, y.step, workspace.at(2), some, n);
    workspace.copyOut(2, out, i * n, some * n);
  }
  return out;
}

/** Copies rows in; an operand that is the same in every row once, with the first. */
function copyRows(workspace: Workspace, block: number, x: Operand, from: number, rows: number, n: number): void {
  if (x.row === 0) {
    if (from === 0) workspace.copyIn(block, x.data, 0, x.step ? n : 1);
  } else workspace.copyIn(block, x.data, from * x.row, rows * x.row);
}
