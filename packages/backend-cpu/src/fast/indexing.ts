import type { Call, Shape, TypedArray } from "@unrolled/backend";
import { allocate } from "../allocate.js";
import { sizeBetween } from "../arrays.js";
import { checkIndices, gather as plainGather, scatterAdd as plainScatterAdd } from "../indexing.js";
import { Frame } from "../wasm/frame.js";
import type { EngineSource } from "./engine-source.js";

/** Picked elements below which the plain kernels are as fast. */
const LEAST = 2048;
/** Elements of the table for each that is picked, above which copying the table in costs more than picking. */
const MOST_TABLE = 4;

type Gather = (inputs: readonly [TypedArray, TypedArray], call: Call<"gather">) => readonly [TypedArray];
type ScatterAdd = (
  inputs: readonly [TypedArray, TypedArray, TypedArray],
  call: Call<"scatterAdd">,
) => readonly [TypedArray];

/** Picks in WebAssembly where it is many float32 of a table that is not much larger; the plain kernel otherwise. */
export function fastGather(source: EngineSource): Gather {
  return (inputs, call) => {
    const [x, indices] = inputs;
    const { outer, size, inner } = sizesOf(call.in[0].shape, call.attrs.axis);
    const picked = outer * indices.length * inner;
    const engine = pays(x, picked) ? source() : null;
    if (!engine) return plainGather(inputs, call);
    checkIndices("gather", indices, call.in[0].shape, call.attrs.axis);
    const frame = new Frame(engine);
    const table = frame.place(x);
    const places = frame.place(indices);
    const to = frame.room(picked * 4);
    for (let o = 0; o < outer; o++) {
      const from = table + o * size * inner * 4;
      engine.run("gatherRows", from, places, to + o * indices.length * inner * 4, indices.length, inner);
    }
    const out = allocate("float32", picked);
    out.set(engine.memory.f32.subarray(to >> 2, (to >> 2) + picked));
    frame.close();
    return [out];
  };
}

/** Adds in WebAssembly where it is many float32 to a table that is not much larger; the plain kernel otherwise. */
export function fastScatterAdd(source: EngineSource): ScatterAdd {
  return (inputs, call) => {
    const [base, indices, updates] = inputs;
    const { outer, size, inner } = sizesOf(call.in[0].shape, call.attrs.axis);
    const engine = pays(base, updates.length) ? source() : null;
    if (!engine) return plainScatterAdd(inputs, call);
    checkIndices("scatterAdd", indices, call.in[0].shape, call.attrs.axis);
    const frame = new Frame(engine);
    const table = frame.place(base);
    const places = frame.place(indices);
    const from = frame.place(updates);
    for (let o = 0; o < outer; o++) {
      const rows = from + o * indices.length * inner * 4;
      engine.run("scatterAddRows", table + o * size * inner * 4, places, rows, indices.length, inner);
    }
    const out = allocate("float32", base.length);
    out.set(engine.memory.f32.subarray(table >> 2, (table >> 2) + base.length));
    frame.close();
    return [out];
  };
}

function pays(table: TypedArray, picked: number): boolean {
  return picked >= LEAST && table.length <= MOST_TABLE * picked && table instanceof Float32Array;
}

function sizesOf(shape: Shape, axis: number): { outer: number; size: number; inner: number } {
  return {
    outer: sizeBetween(shape, 0, axis),
    size: shape[axis],
    inner: sizeBetween(shape, axis + 1, shape.length),
  };
}
