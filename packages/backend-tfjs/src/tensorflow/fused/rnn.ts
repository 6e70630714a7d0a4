import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { FusedCompute } from "../../fused/fused-compute.js";
import type { TensorFlowDevice } from "../device.js";
import { SequenceOrder } from "./sequence-order.js";
import { SequenceParts } from "./sequence-parts.js";
import { hasElements } from "./sizes.js";

/** The Elman layer: a product, a sum and the nonlinearity a step, as many ops a step backward. */
export function rnnSequence(tf: TensorFlowDevice): FusedCompute<"rnnSequence"> {
  const parts = new SequenceParts(tf);
  const transposed = [tf.flag("transpose_b", true)];
  return {
    accepts: hasElements,

    forward(_, [x, h0, wIh, wHh, bIh, bHh, lengths], { attrs }, save) {
      const order = new SequenceOrder(tf, lengths, x.shape[0], attrs.reverse);
      const inOrder = order.apply(order.masked(x));
      const activation = attrs.nonlinearity === "tanh" ? "Tanh" : "Relu";
      let h = h0;
      const states = parts.unpack(parts.project(inOrder, wIh, bIh, bHh)).map((projected) => {
        h = tf.op(activation, [tf.op("AddV2", [projected, tf.op("MatMul", [h, wHh], transposed)])]);
        return h;
      });
      const hidden = parts.pack(states);
      return {
        out: [order.masked(order.apply(hidden)), order.last(h0, hidden)],
        reserve: save ? [inOrder, hidden] : [],
      };
    },

    backward(_, [dY, dH], [x, h0, wIh, wHh, bIh, bHh, lengths], _outputs, [inOrder, hidden], { attrs }, wanted) {
      const order = new SequenceOrder(tf, lengths, x.shape[0], attrs.reverse);
      const cotangents = order.spread(dH, hidden.shape, dY ? order.apply(order.masked(dY)) : null);
      const [states, dStates] = [parts.unpack(hidden), parts.unpack(cotangents.steps)];
      const gates = new Array<TensorInfo>(states.length);
      let dh: TensorInfo | null = null;
      for (let t = states.length - 1; t >= 0; t--) {
        const dState = parts.sum([dStates[t], dh]) as TensorInfo;
        gates[t] =
          attrs.nonlinearity === "tanh"
            ? tf.op("TanhGrad", [states[t], dState])
            : tf.op("ReluGrad", [dState, states[t]]);
        dh = tf.op("MatMul", [gates[t], wHh]);
      }
      const dGates = parts.pack(gates);
      const bias = (wanted[4] && bIh) || (wanted[5] && bHh) ? parts.biasGradient(dGates) : null;
      return [
        wanted[0] ? order.apply(parts.inputGradient(dGates, wIh)) : null,
        wanted[1] ? parts.sum([dh, cotangents.before]) : null,
        wanted[2] ? parts.weightGradient(dGates, inOrder) : null,
        wanted[3] ? parts.weightGradient(dGates, parts.before(h0, hidden)) : null,
        wanted[4] && bIh ? bias : null,
        wanted[5] && bHh ? bias : null,
        null,
      ];
    },
  };
}
