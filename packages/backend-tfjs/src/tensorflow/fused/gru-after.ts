import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { FusedCompute } from "../../fused/fused-compute.js";
import type { TensorFlowDevice } from "../device.js";
import { SequenceOrder } from "./sequence-order.js";
import { SequenceParts } from "./sequence-parts.js";

/** Tensors that the reserve holds for each step: gates r and z side by side, n, and n's part of the state before r. */
const KEPT_A_STEP = 3;

/** The GRU with the reset gate after the product, a dozen ops a step: TensorFlow's own cell has it before. */
export function gruAfter(tf: TensorFlowDevice): Required<Pick<FusedCompute<"gruSequence">, "forward" | "backward">> {
  const parts = new SequenceParts(tf);
  const transposed = [tf.flag("transpose_b", true)];
  const split = (x: TensorInfo): TensorInfo[] =>
    tf.ops("Split", [tf.ints([1], []), x], [tf.whole("num_split", 2), tf.type("T", "float32")], 2);

  return {
    forward(_, [x, h0, wIh, wHh, bIh, bHh, lengths], { attrs }, save) {
      const order = new SequenceOrder(tf, lengths, x.shape[0], attrs.reverse);
      const inOrder = order.apply(order.masked(x));
      const H = h0.shape[1];
      const projected = parts.project(inOrder, wIh, bIh);
      const ofGates = parts.unpack(parts.slice(projected, 2, 0, 2 * H));
      const ofCandidate = parts.unpack(parts.slice(projected, 2, 2 * H, H));
      const bias = bHh ?? tf.fill([3 * H], 0, "float32");
      const kept: TensorInfo[] = [];
      let h = h0;
      const states = ofGates.map((xGates, t) => {
        const recurrent = tf.op("BiasAdd", [tf.op("MatMul", [h, wHh], transposed), bias]);
        const gates = tf.op("Sigmoid", [tf.op("AddV2", [xGates, parts.slice(recurrent, 1, 0, 2 * H)])]);
        const fromState = parts.slice(recurrent, 1, 2 * H, H);
        const [r, z] = split(gates);
        const n = tf.op("Tanh", [tf.op("AddV2", [ofCandidate[t], tf.op("Mul", [r, fromState])])]);
        if (save) kept.push(gates, n, fromState);
        h = tf.op("AddV2", [n, tf.op("Mul", [z, tf.op("Sub", [h, n])])]);
        return h;
      });
      const hidden = parts.pack(states);
      return {
        out: [order.masked(order.apply(hidden)), order.last(h0, hidden)],
        reserve: save ? [inOrder, hidden, ...kept] : [],
      };
    },

    backward(_, [dY, dH], [x, h0, wIh, wHh, bIh, bHh, lengths], _outputs, reserve, { attrs }, wanted) {
      const [inOrder, hidden, ...kept] = reserve;
      const order = new SequenceOrder(tf, lengths, x.shape[0], attrs.reverse);
      const cotangents = order.spread(dH, hidden.shape, dY ? order.apply(order.masked(dY)) : null);
      const before = parts.before(h0, hidden);
      const [states, dStates] = [parts.unpack(before), parts.unpack(cotangents.steps)];
      const T = states.length;
      const [ofInput, ofState] = [new Array<TensorInfo>(T), new Array<TensorInfo>(T)];
      let dh: TensorInfo | null = null;
      for (let t = T - 1; t >= 0; t--) {
        const [gates, n, fromState] = kept.slice(t * KEPT_A_STEP, (t + 1) * KEPT_A_STEP);
        const [r, z] = split(gates);
        const dState = parts.sum([dStates[t], dh]) as TensorInfo;
        const dz = tf.op("Mul", [dState, tf.op("Sub", [states[t], n])]);
        const straight = tf.op("Mul", [dState, z]);
        const dn = tf.op("TanhGrad", [n, tf.op("Sub", [dState, straight])]);
        const dr = tf.op("Mul", [dn, fromState]);
        const dGates = tf.op("SigmoidGrad", [gates, parts.concat([dr, dz], 1)]);
        ofInput[t] = parts.concat([dGates, dn], 1);
        ofState[t] = parts.concat([dGates, tf.op("Mul", [dn, r])], 1);
        dh = parts.sum([straight, tf.op("MatMul", [ofState[t], wHh])]);
      }
      const [dInput, dState] = [parts.pack(ofInput), parts.pack(ofState)];
      return [
        wanted[0] ? order.apply(parts.inputGradient(dInput, wIh)) : null,
        wanted[1] ? parts.sum([dh, cotangents.before]) : null,
        wanted[2] ? parts.weightGradient(dInput, inOrder) : null,
        wanted[3] ? parts.weightGradient(dState, before) : null,
        wanted[4] && bIh ? parts.biasGradient(dInput) : null,
        wanted[5] && bHh ? parts.biasGradient(dState) : null,
        null,
      ];
    },
  };
}
