import type { Call, Shape, TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import { max as plainMax, sum as plainSum } from "../reductions.js";
import type { Engine } from "../wasm/engine.js";
import { Frame } from "../wasm/frame.js";
import type { EngineSource } from "./engine-source.js";
import { PIECE, workspaceOf } from "./workspace.js";

/** Elements below which the plain kernels are as fast, and in rows shorter than `SHORT_ROW` always. */
const LEAST = 2048;
const LEAST_IN_ROWS = 4096;
const SHORT_ROW = 8;

type Reduction<K extends "sum" | "max"> = (inputs: readonly [TypedArray], call: Call<K>) => readonly [TypedArray];

/** Sums in WebAssembly where x is large, float32 and the axes are neighbours; added up in float64, as in the plain kernel. */
export function fastSum(source: EngineSource): Reduction<"sum"> {
  return (inputs, call) => {
    const x = inputs[0];
    if (x.length < LEAST || !(x instanceof Float32Array)) return plainSum(inputs, call);
    const fold = planFold(call.in[0].shape, call.attrs.axes);
    const engine = fold && pays(fold, x.length) ? source() : null;
    if (!fold || !engine) return plainSum(inputs, call);
    if (fold.inner > 1) return [foldColumns(engine, "sumColumns", x, fold)];
    return [fold.outer === 1 ? sumAll(engine, x) : foldRows(engine, "sumRows", x, fold)];
  };
}

/** Maxima in WebAssembly where x is large, float32 and the axes are neighbours. */
export function fastMax(source: EngineSource): Reduction<"max"> {
  return (inputs, call) => {
    const x = inputs[0];
    if (x.length < LEAST || !(x instanceof Float32Array)) return plainMax(inputs, call);
    const fold = planFold(call.in[0].shape, call.attrs.axes);
    const engine = fold && pays(fold, x.length) ? source() : null;
    if (!fold || !engine) return plainMax(inputs, call);
    return [fold.inner > 1 ? foldColumns(engine, "maxColumns", x, fold) : foldRows(engine, "maxRows", x, fold)];
  };
}

/** x as [outer, count, inner], of which `count` goes away. */
interface Fold {
  outer: number;
  count: number;
  inner: number;
}

/** `null` where the axes are not neighbours. Axes of size 1 do not count. */
function planFold(shape: Shape, axes: readonly number[]): Fold | null {
  const fold: Fold = { outer: 1, count: 1, inner: 1 };
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis];
    if (size === 1) continue;
    if (!axes.includes(axis)) fold[fold.count === 1 ? "outer" : "inner"] *= size;
    else if (fold.inner === 1) fold.count *= size;
    else return null;
  }
  return fold;
}

function pays({ outer, count, inner }: Fold, n: number): boolean {
  return outer === 1 || inner > 1 || (n >= LEAST_IN_ROWS && count >= SHORT_ROW);
}

function sumAll(engine: Engine, x: Float32Array): TypedArray {
  const workspace = workspaceOf(engine);
  const at = workspace.at(0);
  let total = 0;
  for (let i = 0; i < x.length; i += PIECE) {
    const n = Math.min(PIECE, x.length - i);
    workspace.copyIn(0, x, i, n);
    total += engine.exports.sumOf(at, n);
  }
  const out = allocate("float32", 1);
  out[0] = total;
  return out;
}

function foldRows(engine: Engine, kernel: "sumRows" | "maxRows", x: Float32Array, fold: Fold): TypedArray {
  const { outer, count } = fold;
  const out = allocate("float32", outer);
  const most = Math.max(1, Math.floor(PIECE / count));
  const frame = new Frame(engine);
  const rows = frame.room(most * count * 4);
  const results = frame.room(most * 4);
  for (let i = 0; i < outer; i += most) {
    const some = Math.min(most, outer - i);
    engine.memory.write(rows, x.subarray(i * count, (i + some) * count));
    engine.exports[kernel](rows, results, some, count, 0, 1);
    out.set(engine.memory.f32.subarray(results >> 2, (results >> 2) + some), i);
  }
  frame.close();
  return out;
}

function foldColumns(engine: Engine, kernel: "sumColumns" | "maxColumns", x: Float32Array, fold: Fold): TypedArray {
  const { outer, count, inner } = fold;
  const size = count * inner;
  const out = allocate("float32", outer * inner);
  const most = Math.max(1, Math.floor(PIECE / size));
  const frame = new Frame(engine);
  const from = frame.room(most * size * 4);
  const to = frame.room(most * inner * 4);
  for (let i = 0; i < outer; i += most) {
    const some = Math.min(most, outer - i);
    engine.memory.write(from, x.subarray(i * size, (i + some) * size));
    for (let j = 0; j < some; j++) engine.exports[kernel](from + j * size * 4, to + j * inner * 4, count, inner, 0, 1);
    out.set(engine.memory.f32.subarray(to >> 2, (to >> 2) + some * inner), i * inner);
  }
  frame.close();
  return out;
}
