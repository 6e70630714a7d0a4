import type { Call, FusedKernel, FusedOp, In, Meta, Out, TypedArray, Wanted } from "@unrolled/backend";
import type { GradientsOf } from "../fused-kernel.js";
import { type Sizes, sequenceEnds } from "../sequence/shared.js";
import type { Engine } from "../wasm/engine.js";
import { Frame } from "../wasm/frame.js";
import type { EngineSource } from "./engine-source.js";
import { Reserve } from "./reserve.js";
import { flagReverse, flagSave, TASK_BYTES, type TaskWord, taskWords } from "./sequence-task.js";

/** Addresses, sizes and flags of a task; what is left out is 0. */
export type TaskValues = { readonly [W in TaskWord]?: number };

/** Copies a task into the frame. */
export function placeTask(engine: Engine, frame: Frame, values: TaskValues): number {
  const at = frame.room(TASK_BYTES);
  const { i32 } = engine.memory;
  const first = at >> 2;
  for (let k = 0; k < taskWords.length; k++) i32[first + k] = values[taskWords[k]] ?? 0;
  return at;
}

/** `fn` with a frame that is closed also where it throws. */
export function framed<R>(engine: Engine, fn: (frame: Frame) => R): R {
  const frame = new Frame(engine);
  try {
    return fn(frame);
  } finally {
    frame.close();
  }
}

export function flagsOf(reverse: boolean, save: boolean): number {
  return (reverse ? flagReverse : 0) | (save ? flagSave : 0);
}

/** Copies lengths in, after the check that each fits. */
export function placeLengths(frame: Frame, op: FusedOp, lengths: TypedArray | null, sizes: Sizes): number {
  if (lengths === null) return 0;
  sequenceEnds(op, lengths, sizes);
  return frame.place(lengths);
}

/** Room for a gradient of `n` floats if it is wanted and its input is there; else 0. */
export function roomFor(frame: Frame, wanted: boolean, n: number): number {
  return wanted && n > 0 ? frame.room(n * 4) : 0;
}

/** What `roomFor` made room for; no elements have no address, so `wanted` decides. */
export function gradientAt(frame: Frame, at: number, wanted: boolean, n: number): Float32Array | null {
  return wanted ? frame.result(at, n) : null;
}

/** A block that outlives the frame: it becomes a reserve when `fn` has filled it. */
export function withReserve<R>(engine: Engine, bytes: number, fn: (at: number) => R): { out: R; reserve: Reserve } {
  const at = engine.memory.allocate(bytes);
  let filled = false;
  try {
    const out = fn(at);
    filled = true;
    return { out, reserve: new Reserve(engine, at, bytes) };
  } finally {
    if (!filled) engine.memory.free(at, bytes);
  }
}

/** The passes of an op in WebAssembly. */
export interface FastPasses<K extends FusedOp> {
  /** Whether the call is work enough. */
  pays(call: Call<K>): boolean;
  forward(
    engine: Engine,
    inputs: In<K, TypedArray>,
    call: Call<K>,
    save: boolean,
  ): { out: Out<K, TypedArray>; reserve?: Reserve };
  backward(
    cotangents: Parameters<FusedKernel<K, TypedArray>["backward"]>[0],
    inputs: In<K, TypedArray>,
    reserve: Reserve,
    call: Call<K>,
    wanted: Wanted<K>,
  ): GradientsOf<K>;
}

/** Runs float32 calls that are work enough in WebAssembly, and others by the plain kernel. A reserve tells which one made it. */
export function fastOrPlain<K extends FusedOp, P>(
  source: EngineSource,
  fast: FastPasses<K>,
  plain: FusedKernel<K, TypedArray, P>,
): FusedKernel<K, TypedArray, Reserve | P> {
  return {
    accepts: plain.accepts,
    forward(inputs, call, save) {
      const first = call.in[0] as Meta;
      const engine = first.dtype === "float32" && fast.pays(call) ? source() : null;
      return engine ? fast.forward(engine, inputs, call, save) : plain.forward(inputs, call, save);
    },
    backward(cotangents, inputs, outputs, reserve, call, wanted) {
      return reserve instanceof Reserve
        ? fast.backward(cotangents, inputs, reserve, call, wanted)
        : plain.backward(cotangents, inputs, outputs, reserve, call, wanted);
    },
    release(reserve) {
      if (reserve instanceof Reserve) reserve.release();
      else plain.release(reserve);
    },
  };
}
