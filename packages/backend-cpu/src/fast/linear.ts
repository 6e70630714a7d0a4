import type { Call, FusedKernel, In, TypedArray, Wanted } from "@unrolled/backend";
import type { GradientsOf } from "../fused-kernel.js";
import { linear as plain } from "../linear.js";
import type { Engine } from "../wasm/engine.js";
import { Frame } from "../wasm/frame.js";
import type { EngineSource } from "./engine-source.js";

type K = "linear";

/** Multiply-adds below which copying in and out costs more than the plain kernel. */
const LITTLE_WORK = 2048;

const NOTHING: object = Object.freeze({});

/** x weight^T + bias, in WebAssembly where it is large and float32; the plain kernel otherwise. Backward needs only the inputs. */
export function fastLinear(source: EngineSource): FusedKernel<K, TypedArray, object> {
  return {
    ...plain,
    forward(inputs, call, save) {
      const sizes = sizesOf(call);
      const engine = pays(call, sizes) ? source() : null;
      if (!engine) return plain.forward(inputs, call, save);
      const out = [multiply(engine, inputs, sizes)] as const;
      return save ? { out, reserve: NOTHING } : { out };
    },
    backward(cotangents, inputs, outputs, reserve, call, wanted) {
      const sizes = sizesOf(call);
      const dy = cotangents[0];
      const engine = dy && pays(call, sizes) ? source() : null;
      if (!dy || !engine) return plain.backward(cotangents, inputs, outputs, reserve, call, wanted);
      return gradients(engine, dy, inputs, sizes, wanted);
    },
  };
}

interface Sizes {
  readonly rows: number;
  readonly I: number;
  readonly O: number;
}

function sizesOf(call: Call<K>): Sizes {
  const { shape } = call.in[0];
  const [O, I] = call.in[1].shape;
  let rows = 1;
  for (let i = 0; i < shape.length - 1; i++) rows *= shape[i];
  return { rows, I, O };
}

function pays(call: Call<K>, { rows, I, O }: Sizes): boolean {
  return rows * I * O >= LITTLE_WORK && call.out[0].dtype === "float32";
}

function multiply(engine: Engine, inputs: In<K, TypedArray>, { rows, I, O }: Sizes): Float32Array {
  const frame = new Frame(engine);
  const x = frame.place(inputs[0]);
  const weight = frame.place(inputs[1]);
  const bias = frame.place(inputs[2]);
  const out = frame.room(rows * O * 4);
  const panels = frame.room(engine.exports.panelBytes(O, I));
  engine.run("matmul", rows, O, I, x, I * 4, 0, weight, I * 4, 1, out, O * 4, bias, 0, panels);
  const result = frame.result(out, rows * O);
  frame.close();
  return result;
}

function gradients(
  engine: Engine,
  cotangent: TypedArray,
  inputs: In<K, TypedArray>,
  { rows, I, O }: Sizes,
  wanted: Wanted<K>,
): GradientsOf<K> {
  const bias = inputs[2];
  const frame = new Frame(engine);
  const dy = frame.place(cotangent);
  const weight = wanted[0] ? frame.place(inputs[1]) : 0;
  const x = wanted[1] ? frame.place(inputs[0]) : 0;
  const dx = wanted[0] ? frame.room(rows * I * 4) : 0;
  const dWeight = wanted[1] ? frame.room(O * I * 4) : 0;
  const dBias = wanted[2] && bias ? frame.room(O * 4) : 0;
  const panels = frame.room(engine.exports.panelBytes(I, Math.max(O, rows)));
  if (dx) engine.run("matmul", rows, I, O, dy, O * 4, 0, weight, I * 4, 0, dx, I * 4, 0, 0, panels);
  if (dWeight) engine.run("matmul", O, I, rows, dy, O * 4, 1, x, I * 4, 0, dWeight, I * 4, 0, 0, panels);
  if (dBias) engine.exports.sumColumns(dy, dBias, rows, O, 0, 1);
  const results = [
    dx ? frame.result(dx, rows * I) : null,
    dWeight ? frame.result(dWeight, O * I) : null,
    dBias ? frame.result(dBias, O) : null,
  ] as const;
  frame.close();
  return results;
}
