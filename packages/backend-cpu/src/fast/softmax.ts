import type { Call, FusedKernel, TypedArray } from "@unrolled/backend";
import { linesOf } from "../normalised-rows.js";
import { outcome, logSoftmax as plainLogSoftmax, softmax as plainSoftmax } from "../softmax.js";
import { Frame } from "../wasm/frame.js";
import type { EngineSource } from "./engine-source.js";
import { fromRows, rowsPay, toRows } from "./rows.js";

type K = "softmax" | "logSoftmax";

/** What a fused kernel of one input and one output is for both ops. */
type RowKernel = FusedKernel<"softmax", TypedArray, object>;

/** exp(x) scaled to sum to 1, in WebAssembly where it is float32 and not tiny; the plain kernel otherwise. */
export function fastSoftmax(source: EngineSource): RowKernel {
  return fastRows(source, plainSoftmax, "softmaxRows", "softmaxGradientRows");
}

/** log(softmax(x)), in WebAssembly where it is float32 and not tiny; the plain kernel otherwise. */
export function fastLogSoftmax(source: EngineSource): FusedKernel<"logSoftmax", TypedArray, object> {
  return fastRows(source, plainLogSoftmax, "logSoftmaxRows", "logSoftmaxGradientRows");
}

function fastRows(
  source: EngineSource,
  plain: RowKernel,
  forward: "softmaxRows" | "logSoftmaxRows",
  gradient: "softmaxGradientRows" | "logSoftmaxGradientRows",
): RowKernel {
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
      const frame = new Frame(engine);
      const x = frame.place(toRows(inputs[0], lines));
      engine.run(forward, x, x, lines.outer * lines.inner, lines.n);
      const y = fromRows(frame.result(x, inputs[0].length), lines);
      frame.close();
      return outcome(y, save);
    },
    backward(cotangents, inputs, outputs, reserve, call, wanted) {
      const dy = cotangents[0];
      const engine = dy && wanted[0] ? engineFor(call) : null;
      if (!dy || !engine) return plain.backward(cotangents, inputs, outputs, reserve, call, wanted);
      const lines = linesOf(call.in[0].shape, call.attrs.axis);
      const frame = new Frame(engine);
      const y = frame.place(toRows(outputs[0], lines));
      const given = frame.place(toRows(dy, lines));
      engine.run(gradient, y, given, given, lines.outer * lines.inner, lines.n);
      const dx = fromRows(frame.result(given, dy.length), lines);
      frame.close();
      return [dx];
    },
  };
}
