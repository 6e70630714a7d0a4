import type { Call, FusedKernel, TypedArray } from "@unrolled/backend";
import { type CrossEntropyReserve, softmaxCrossEntropy as plain } from "../cross-entropy.js";
import { linesOf } from "../normalised-rows.js";
import { Frame } from "../wasm/frame.js";
import type { EngineSource } from "./engine-source.js";
import { fromRows, rowsPay, toRows } from "./rows.js";

type K = "softmaxCrossEntropy";

/** -log(softmax(logits)) at each target, in WebAssembly where it is float32 and not tiny; the plain kernel otherwise. */
export function fastCrossEntropy(source: EngineSource): FusedKernel<K, TypedArray, CrossEntropyReserve> {
  const engineFor = (call: Call<K>): ReturnType<EngineSource> => {
    const { n, outer, inner } = linesOf(call.in[0].shape, call.attrs.axis);
    return rowsPay(outer * inner, n, call.out[0].dtype) ? source() : null;
  };
  return {
    ...plain,
    forward(inputs, call, save) {
      const engine = engineFor(call);
      if (!engine) return plain.forward(inputs, call, save);
      const lines = linesOf(call.in[0].shape, call.attrs.axis);
      const rows = lines.outer * lines.inner;
      const frame = new Frame(engine);
      const logits = frame.place(toRows(inputs[0], lines));
      const targets = frame.place(inputs[1]);
      const losses = frame.room(rows * 4);
      engine.run("crossEntropyRows", logits, targets, losses, save ? logits : 0, rows, lines.n);
      const out = [frame.result(losses, rows)] as const;
      const probabilities = save ? fromRows(frame.result(logits, inputs[0].length), lines) : null;
      frame.close();
      return probabilities ? { out, reserve: { probabilities } } : { out };
    },
    backward(cotangents, inputs, outputs, reserve, call, wanted) {
      const dy = cotangents[0];
      const engine = dy && wanted[0] ? engineFor(call) : null;
      if (!dy || !engine) return plain.backward(cotangents, inputs, outputs, reserve, call, wanted);
      const lines = linesOf(call.in[0].shape, call.attrs.axis);
      const frame = new Frame(engine);
      const at = frame.place(toRows(reserve.probabilities, lines));
      const targets = frame.place(inputs[1]);
      const given = frame.place(dy);
      engine.run("crossEntropyGradientRows", at, targets, given, at, lines.outer * lines.inner, lines.n);
      const dx = fromRows(frame.result(at, reserve.probabilities.length), lines);
      frame.close();
      return [dx, null];
    },
  };
}
