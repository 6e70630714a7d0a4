import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { FusedCompute } from "../fused-compute.js";
import { product, right, rightSwapped } from "../host/products.js";
import { hasElements, sizesOf } from "../host/sequence.js";
import {
  bothBiases,
  carried,
  inputGradients,
  lengthsColumn,
  outputsOf,
  projected,
  rowSums,
  running,
  shade,
  stacked,
  timeOrder,
  weightGradient,
  zeros,
} from "./sequence.js";

/** Elman layer by a product and a shader a step, forward and back; one more each where sequences end. */
export const rnnSequence: FusedCompute<"rnnSequence"> = {
  accepts: hasElements,

  forward(device, [x, h0, wIh, wHh, bIh, bHh, lengths], call, save) {
    const sizes = sizesOf(call.in[0], call.in[2], call.in[3]);
    const { T, B, H } = sizes;
    const { nonlinearity, reverse } = call.attrs;
    const E = lengthsColumn(device, lengths, B);
    const P = projected(device, x, wIh, bothBiases(device, bIh, bHh), sizes);
    const recurrent = rightSwapped(device, wHh);
    const squash = nonlinearity === "tanh" ? "tnh(z)" : "max(z, 0.0)";
    const move = {
      name: `rnn_${nonlinearity}_${B}_${E !== null}`,
      body: `${running(E)} F z = at_P(now * ${B} + b, j) + at_M(b, j); out(pick(on, ${squash}, at_H(b, j)));`,
    };
    const states = new Array<TensorInfo>(T);
    let h = h0;
    for (const t of timeOrder(T, reverse)) {
      const M = product(device, h, recurrent);
      h = shade(device, move, { P, M, H: h, E }, [B, H], t);
      states[t] = h;
      device.drop(M);
    }
    return { out: [outputsOf(device, states, E, [B, H]), h], reserve: save ? states : [] };
  },

  backward(device, [dy, dhLast], [x, h0, wIh, wHh, bIh, bHh, lengths], _outputs, states, call, wanted) {
    const sizes = sizesOf(call.in[0], call.in[2], call.in[3]);
    const { T, B, H } = sizes;
    const { nonlinearity, reverse } = call.attrs;
    const E = lengthsColumn(device, lengths, B);
    const Y = dy && device.view(dy, [T * B, H]);
    const back = right(device, wHh);
    const slope = nonlinearity === "tanh" ? "d * (1.0 - h * h)" : "pick(h * 1e38, d, 0.0)";
    const gradient = {
      name: `rnn_back_${nonlinearity}_${B}_${E !== null}_${Y !== null}`,
      body: `${running(E)} F h = at_H(b, j); F d = at_D(b, j)${Y ? ` + at_Y(now * ${B} + b, j)` : ""}; out(pick(on, ${slope}, 0.0));`,
    };
    const dSums = new Array<TensorInfo>(T);
    const before = new Array<TensorInfo>(T);
    let dh = dhLast ?? zeros(device, B, H);
    for (const t of timeOrder(T, !reverse)) {
      const earlier = reverse ? t + 1 : t - 1;
      before[t] = earlier < 0 || earlier >= T ? h0 : states[earlier];
      dSums[t] = shade(device, gradient, { D: dh, Y, H: states[t], E }, [B, H], t);
      dh = carried(device, product(device, dSums[t], back), dh, E, [B, H], t);
    }
    const all = stacked(device, dSums);
    const input = inputGradients(device, all, x, wIh, sizes, {
      x: wanted[0],
      weight: wanted[2],
      bias: wanted[4] && bIh !== null,
    });
    return [
      input.x,
      wanted[1] ? dh : null,
      input.weight,
      wanted[3] ? weightGradient(device, all, stacked(device, before)) : null,
      input.bias,
      wanted[5] && bHh ? (input.bias ?? rowSums(device, all)) : null,
      null,
    ];
  },
};
