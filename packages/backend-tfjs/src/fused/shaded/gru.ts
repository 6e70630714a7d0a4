import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { FusedCompute } from "../fused-compute.js";
import { product, right, rightSwapped } from "../host/products.js";
import { hasElements, sizesOf } from "../host/sequence.js";
import {
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

/** GRU layer with the reset after the product, by three calls a step forward, and four back. */
export const gruSequence: FusedCompute<"gruSequence"> = {
  accepts: (call) => call.attrs.resetAfter && hasElements(call),

  forward(device, [x, h0, wIh, wHh, bIh, bHh, lengths], call, save) {
    const sizes = sizesOf(call.in[0], call.in[2], call.in[3]);
    const { T, B, H, G } = sizes;
    const E = lengthsColumn(device, lengths, B);
    const P = projected(device, x, wIh, bIh, sizes);
    const recurrent = rightSwapped(device, wHh);
    const activate = {
      name: `gru_gates_${B}_${H}`,
      body: `I u = j - (j / ${H}) * ${H}; I row = now * ${B} + b;
        F r = sig(at_P(row, u) + at_M(b, u));
        F z = sig(at_P(row, u + ${H}) + at_M(b, u + ${H}));
        F n = tnh(at_P(row, u + ${2 * H}) + r * at_M(b, u + ${2 * H}));
        out(${byGate("r", "z", "n", H)});`,
    };
    const move = {
      name: `gru_state_${H}_${E !== null}`,
      body: `${running(E)} F z = at_A(b, j + ${H}); F h = at_H(b, j);
        out(pick(on, (1.0 - z) * at_A(b, j + ${2 * H}) + z * h, h));`,
    };
    const list = (): TensorInfo[] => new Array<TensorInfo>(T);
    const [gates, products, states] = [list(), list(), list()];
    let h = h0;
    for (const t of timeOrder(T, call.attrs.reverse)) {
      products[t] = product(device, h, recurrent, bHh);
      gates[t] = shade(device, activate, { P, M: products[t] }, [B, G], t);
      h = shade(device, move, { A: gates[t], H: h, E }, [B, H], t);
      states[t] = h;
    }
    const y = outputsOf(device, states, E, [B, H]);
    return { out: [y, h], reserve: save ? [...gates, ...products, ...states] : [] };
  },

  backward(device, [dy, dhLast], [x, h0, wIh, wHh, bIh, bHh, lengths], _outputs, reserve, call, wanted) {
    const sizes = sizesOf(call.in[0], call.in[2], call.in[3]);
    const { T, B, H, G } = sizes;
    const { reverse } = call.attrs;
    const [gates, products, states] = [0, 1, 2].map((k) => reserve.slice(k * T, (k + 1) * T));
    const E = lengthsColumn(device, lengths, B);
    const Y = dy && device.view(dy, [T * B, H]);
    const back = right(device, wHh);
    const variant = `${B}_${H}_${E !== null}_${Y !== null}`;
    const arriving = (u: string): string =>
      `${running(E)} F d = at_D(b, ${u})${Y ? ` + at_Y(now * ${B} + b, ${u})` : ""}; F z = at_A(b, ${u} + ${H});`;
    const gateGradients = (name: string, scale: string): { readonly name: string; readonly body: string } => ({
      name: `gru_back_${name}_${variant}`,
      body: `I u = j - (j / ${H}) * ${H}; ${arriving("u")}
        F r = at_A(b, u); F n = at_A(b, u + ${2 * H});
        F dn = d * (1.0 - z) * (1.0 - n * n);
        F dz = d * (at_H(b, u) - n) * z * (1.0 - z);
        F dr = dn * at_M(b, u + ${2 * H}) * r * (1.0 - r);
        out(pick(on, ${byGate("dr", "dz", `dn * ${scale}`, H)}, 0.0));`,
    });
    const [ofInput, ofProduct] = [gateGradients("input", "1.0"), gateGradients("product", "r")];
    const stateGradient = {
      name: `gru_back_state_${variant}`,
      body: `${arriving("j")} out(at_T(b, j) + pick(on, d * z, at_D(b, j)));`,
    };
    const list = (): TensorInfo[] => new Array<TensorInfo>(T);
    const [inputGates, recurrentGates, before] = [list(), list(), list()];
    let dh = dhLast ?? zeros(device, B, H);
    for (const t of timeOrder(T, !reverse)) {
      const earlier = reverse ? t + 1 : t - 1;
      before[t] = earlier < 0 || earlier >= T ? h0 : states[earlier];
      const given = { D: dh, Y, A: gates[t], E };
      const whole = { ...given, M: products[t], H: before[t] };
      inputGates[t] = shade(device, ofInput, whole, [B, G], t);
      recurrentGates[t] = shade(device, ofProduct, whole, [B, G], t);
      const through = product(device, recurrentGates[t], back);
      dh = shade(device, stateGradient, { ...given, T: through }, [B, H], t);
    }
    const input = inputGradients(device, stacked(device, inputGates), x, wIh, sizes, {
      x: wanted[0],
      weight: wanted[2],
      bias: wanted[4] && bIh !== null,
    });
    const recurrent = wanted[3] || wanted[5] ? stacked(device, recurrentGates) : null;
    return [
      input.x,
      wanted[1] ? dh : null,
      input.weight,
      wanted[3] && recurrent ? weightGradient(device, recurrent, stacked(device, before)) : null,
      input.bias,
      wanted[5] && bHh && recurrent ? rowSums(device, recurrent) : null,
      null,
    ];
  },
};

function byGate(first: string, second: string, third: string, H: number): string {
  const gate = (k: number): string => `1.0 - abs(float_(j / ${H}) - ${k}.0)`;
  return `pick(${gate(0)}, ${first}, pick(${gate(1)}, ${second}, ${third}))`;
}
