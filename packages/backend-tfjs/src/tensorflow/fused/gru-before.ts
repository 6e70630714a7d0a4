import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { In } from "@unrolled/backend";
import type { FusedCompute } from "../../fused/fused-compute.js";
import type { TensorFlowDevice } from "../device.js";
import { SequenceOrder } from "./sequence-order.js";
import { SequenceParts } from "./sequence-parts.js";

type Inputs = In<"gruSequence", TensorInfo>;

/** The GRU with the reset gate before the product (`resetAfter: false`): GRUBlockCell and GRUBlockCellGrad, one op a step. */
export function gruBefore(tf: TensorFlowDevice): Required<Pick<FusedCompute<"gruSequence">, "forward" | "backward">> {
  const parts = new SequenceParts(tf);

  /** Weights [I + H, N] and biases [N] of the gates r and z, and of the candidate. */
  function cellWeights([, h0, wIh, wHh, bIh, bHh]: Inputs): TensorInfo[] {
    const H = h0.shape[1];
    const weight = tf.op("Transpose", [parts.concat([wIh, wHh], 1), tf.ints([1, 0])]);
    const bias = parts.sum([bIh, bHh]) ?? tf.fill([3 * H], 0, "float32");
    return [
      parts.slice(weight, 1, 0, 2 * H),
      parts.slice(weight, 1, 2 * H, H),
      parts.slice(bias, 0, 0, 2 * H),
      parts.slice(bias, 0, 2 * H, H),
    ];
  }

  return {
    forward(_, inputs, { attrs }, save) {
      const [x, h0, , , , , lengths] = inputs;
      const order = new SequenceOrder(tf, lengths, x.shape[0], attrs.reverse);
      const inOrder = order.apply(order.masked(x));
      const weights = cellWeights(inputs);
      const gates: TensorInfo[][] = []; // r, z, n and the next state
      let h = h0;
      for (const step of parts.unpack(inOrder)) {
        const results = tf.ops("GRUBlockCell", [step, h, ...weights], [], 4);
        gates.push(results);
        h = results[3];
      }
      const stacked = (which: number): TensorInfo => parts.pack(gates.map((step) => step[which]));
      const hidden = stacked(3);
      return {
        out: [order.masked(order.apply(hidden)), order.last(h0, hidden)],
        reserve: save ? [inOrder, hidden, stacked(0), stacked(1), stacked(2), ...weights] : [],
      };
    },

    backward(_, [dY, dH], [x, h0, wIh, , bIh, bHh, lengths], _outputs, reserve, { attrs }, wanted) {
      const [inOrder, hidden, resets, updates, candidates, ...weights] = reserve;
      const order = new SequenceOrder(tf, lengths, x.shape[0], attrs.reverse);
      const cotangents = order.spread(dH, hidden.shape, dY ? order.apply(order.masked(dY)) : null);
      const before = parts.before(h0, hidden);
      const [xs, states, r, z, n, dStates] = [inOrder, before, resets, updates, candidates, cotangents.steps].map(
        (of) => parts.unpack(of),
      );
      const [ofGates, ofCandidate] = [new Array<TensorInfo>(xs.length), new Array<TensorInfo>(xs.length)];
      let dh: TensorInfo | null = null;
      for (let t = xs.length - 1; t >= 0; t--) {
        const dState = parts.sum([dStates[t], dh]) as TensorInfo;
        const step = [xs[t], states[t], ...weights, r[t], z[t], n[t], dState];
        const [, dBefore, dn, dGates] = tf.ops("GRUBlockCellGrad", step, [], 4);
        ofGates[t] = dGates;
        ofCandidate[t] = dn;
        dh = dBefore;
      }
      const [dGates, dCandidate] = [parts.pack(ofGates), parts.pack(ofCandidate)];
      const dInput = parts.concat([dGates, dCandidate], 2);
      const recurrent = (): TensorInfo => {
        const reset = tf.op("Mul", [resets, before]);
        return parts.concat([parts.weightGradient(dGates, before), parts.weightGradient(dCandidate, reset)], 0);
      };
      const dBias = (wanted[4] && bIh) || (wanted[5] && bHh) ? parts.biasGradient(dInput) : null;
      return [
        wanted[0] ? order.apply(parts.inputGradient(dInput, wIh)) : null,
        wanted[1] ? parts.sum([dh, cotangents.before]) : null,
        wanted[2] ? parts.weightGradient(dInput, inOrder) : null,
        wanted[3] ? recurrent() : null,
        wanted[4] && bIh ? dBias : null,
        wanted[5] && bHh ? dBias : null,
        null,
      ];
    },
  };
}
