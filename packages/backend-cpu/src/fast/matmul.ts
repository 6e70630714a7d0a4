import type { Call, TypedArray } from "@unrolled/backend";
import { sizeBetween } from "../arrays.js";
import { planWalk } from "../broadcast.js";
import { matmul as plainMatmul } from "../matmul.js";
import type { Engine } from "../wasm/engine.js";
import { Frame } from "../wasm/frame.js";
import type { EngineSource } from "./engine-source.js";

/** Multiply-adds below which copying in and out costs more than the plain kernel. */
const LITTLE_WORK = 4096;

type MatmulKernel = (inputs: readonly [TypedArray, TypedArray], call: Call<"matmul">) => readonly [TypedArray];

/** Matrix products in WebAssembly where they are large and float32; the plain kernel otherwise. */
export function fastMatmul(source: EngineSource): MatmulKernel {
  return (inputs, call) => {
    const { shape, dtype } = call.out[0];
    if (dtype !== "float32") return plainMatmul(inputs, call);
    const shapeA = call.in[0].shape;
    const k = shapeA[call.attrs.transA ? shapeA.length - 2 : shapeA.length - 1];
    const work = sizeBetween(shape, 0, shape.length) * k;
    const engine = work < LITTLE_WORK ? null : source();
    return engine ? [multiply(engine, inputs, call, k)] : plainMatmul(inputs, call);
  };
}

function multiply(
  engine: Engine,
  inputs: readonly [TypedArray, TypedArray],
  call: Call<"matmul">,
  k: number,
): Float32Array {
  const { transA, transB } = call.attrs;
  const { shape } = call.out[0];
  const rank = shape.length;
  const m = shape[rank - 2];
  const n = shape[rank - 1];
  const batch = sizeBetween(shape, 0, rank - 2);
  const frame = new Frame(engine);
  const a = frame.place(inputs[0]);
  const b = frame.place(inputs[1]);
  const out = frame.room(batch * m * n * 4);
  const panels = frame.room(engine.exports.panelBytes(n, k));
  const sizeA = inputs[0].length;
  const sizeB = inputs[1].length;
  if (sizeB === k * n && !transA && sizeA === batch * m * k) {
    engine.run("batchedMatmul", 1, batch * m, n, k, a, 0, 0, b, 0, transB ? 1 : 0, out, panels);
  } else if ((sizeA === m * k || sizeA === batch * m * k) && (sizeB === k * n || sizeB === batch * k * n)) {
    const stepA = sizeA === m * k ? 0 : m * k * 4;
    const stepB = sizeB === k * n ? 0 : k * n * 4;
    engine.run("batchedMatmul", batch, m, n, k, a, stepA, transA ? 1 : 0, b, stepB, transB ? 1 : 0, out, panels);
  } else multiplyBroadcast(engine, call, { m, n, k, batch, a, b, out, panels });
  const result = frame.result(out, batch * m * n);
  frame.close();
  return result;
}

interface Places {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  readonly a: number;
  readonly b: number;
  readonly out: number;
  readonly panels: number;
}

/** Batch dimensions that broadcast against each other: one product after the other. */
function multiplyBroadcast(engine: Engine, call: Call<"matmul">, places: Places): void {
  const { m, n, k, batch, panels } = places;
  const transA = call.attrs.transA ? 1 : 0;
  const transB = call.attrs.transB ? 1 : 0;
  const walk = planWalk(call.out[0].shape.slice(0, -2), call.in[0].shape.slice(0, -2), call.in[1].shape.slice(0, -2));
  let { a, b, out } = places;
  for (let i = 0; i < batch; i++) {
    engine.run("batchedMatmul", 1, m, n, k, a, 0, transA, b, 0, transB, out, panels);
    out += m * n * 4;
    for (let d = 0; d < walk.rank; d++) {
      a += walk.a[d] * m * k * 4;
      b += walk.b[d] * k * n * 4;
      if (++walk.index[d] < walk.sizes[d]) break;
      a -= walk.a[d] * walk.sizes[d] * m * k * 4;
      b -= walk.b[d] * walk.sizes[d] * k * n * 4;
      walk.index[d] = 0;
    }
  }
}
