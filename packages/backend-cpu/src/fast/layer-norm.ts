import type { Call, FusedKernel, TypedArray } from "@unrolled/backend";
import { type NormSizes, normSizes, layerNorm as plain } from "../layer-norm.js";
import { outcome } from "../softmax.js";
import { Frame } from "../wasm/frame.js";
import type { EngineSource } from "./engine-source.js";

type K = "layerNorm";

/** Elements below which copying in and out costs more than the plain kernel. */
const LEAST = 256;
const SHORT_ROW = 8;

const single = new Float32Array(1);
const bits = new Int32Array(single.buffer);

/** The bits of a float32. */
export function float32Bits(value: number): number {
  single[0] = value;
  return bits[0];
}

/** (x - mean) / sqrt(variance + eps) * weight + bias, in WebAssembly where it is large and float32; the plain kernel otherwise. */
export function fastLayerNorm(source: EngineSource): FusedKernel<K, TypedArray, object> {
  const engineFor = (call: Call<K>, { rows, n }: NormSizes): ReturnType<EngineSource> =>
    rows * n >= LEAST && n >= SHORT_ROW && call.out[0].dtype === "float32" ? source() : null;
  return {
    ...plain,
    forward(inputs, call, save) {
      const { rows, n } = normSizes(call);
      const engine = engineFor(call, { rows, n });
      if (!engine) return plain.forward(inputs, call, save);
      const frame = new Frame(engine);
      const [x, weight, bias] = [frame.place(inputs[0]), frame.place(inputs[1]), frame.place(inputs[2])];
      engine.run("layerNormRows", x, weight, bias, x, rows, n, float32Bits(call.attrs.eps));
      const y = frame.result(x, rows * n);
      frame.close();
      return outcome(y, save);
    },
    backward(cotangents, inputs, outputs, reserve, call, wanted) {
      const dy = cotangents[0];
      const { rows, n } = normSizes(call);
      const engine = dy ? engineFor(call, { rows, n }) : null;
      if (!dy || !engine) return plain.backward(cotangents, inputs, outputs, reserve, call, wanted);
      const frame = new Frame(engine);
      const x = frame.place(inputs[0]);
      const weight = wanted[0] ? frame.place(inputs[1]) : 0;
      const given = frame.place(dy);
      const moments = frame.room(rows * 8);
      const dx = wanted[0] ? frame.room(rows * n * 4) : 0;
      const dWeight = wanted[1] && inputs[1] ? frame.room(n * 4) : 0;
      const dBias = wanted[2] && inputs[2] ? frame.room(n * 4) : 0;
      const eps = float32Bits(call.attrs.eps);
      if (dx || dWeight) engine.run("layerNormGradientRows", x, weight, given, moments, dx, rows, n, eps);
      if (dWeight || dBias) engine.run("layerNormSums", x, given, moments, dWeight, dBias, rows, n);
      const gradients = [
        dx ? frame.result(dx, rows * n) : null,
        dWeight ? frame.result(dWeight, n) : null,
        dBias ? frame.result(dBias, n) : null,
      ] as const;
      frame.close();
      return gradients;
    },
  };
}
