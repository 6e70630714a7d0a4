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

/** LSTM layer by four calls a step forward (a product and three shaders), and three back; two more and one where sequences end. */
export const lstmSequence: FusedCompute<"lstmSequence"> = {
  /** No projections: those are composed. */
  accepts: (call) => !call.in[8] && hasElements(call),

  forward(device, [x, h0, c0, wIh, wHh, bIh, bHh, lengths], call, save) {
    const sizes = sizesOf(call.in[0], call.in[3], call.in[4]);
    const { T, B, H, G } = sizes;
    const E = lengthsColumn(device, lengths, B);
    const P = projected(device, x, wIh, bothBiases(device, bIh, bHh), sizes);
    const recurrent = rightSwapped(device, wHh);
    const activate = {
      name: `lstm_gates_${B}_${H}`,
      body: `F z = at_P(now * ${B} + b, j) + at_M(b, j); out(pick(${inGate(2, H)}, tnh(z), sig(z)));`,
    };
    const on = running(E);
    const moveCell = {
      name: `lstm_cell_${H}_${E !== null}`,
      body: `${on} F c = at_A(b, j + ${H}) * at_C(b, j) + at_A(b, j) * at_A(b, j + ${2 * H}); out(pick(on, c, at_C(b, j)));`,
    };
    const moveState = {
      name: `lstm_state_${H}_${E !== null}`,
      body: `${on} out(pick(on, at_A(b, j + ${3 * H}) * tnh(at_C(b, j)), at_H(b, j)));`,
    };
    const list = (): TensorInfo[] => new Array<TensorInfo>(T);
    const [gates, cells, states] = [list(), list(), list()];
    let h = h0;
    let c = c0;
    for (const t of timeOrder(T, call.attrs.reverse)) {
      const M = product(device, h, recurrent);
      const A = shade(device, activate, { P, M }, [B, G], t);
      c = shade(device, moveCell, { A, C: c, E }, [B, H], t);
      h = shade(device, moveState, { A, C: c, H: h, E }, [B, H], t);
      [gates[t], cells[t], states[t]] = [A, c, h];
      device.drop(M);
    }
    const y = outputsOf(device, states, E, [B, H]);
    return { out: [y, h, c], reserve: save ? [...gates, ...cells, ...states] : [] };
  },

  backward(device, [dy, dhLast, dcLast], inputs, _outputs, reserve, call, wanted) {
    const [x, h0, c0, wIh, wHh, bIh, bHh, lengths] = inputs;
    const sizes = sizesOf(call.in[0], call.in[3], call.in[4]);
    const { T, B, H, G } = sizes;
    const { reverse } = call.attrs;
    const [gates, cells, states] = [0, 1, 2].map((k) => reserve.slice(k * T, (k + 1) * T));
    const E = lengthsColumn(device, lengths, B);
    const Y = dy && device.view(dy, [T * B, H]);
    const back = right(device, wHh);
    const cell = (u: string): string => `
      ${running(E)}
      F d = at_D(b, ${u})${Y ? ` + at_Y(now * ${B} + b, ${u})` : ""};
      F i = at_A(b, ${u}); F f = at_A(b, ${u} + ${H}); F g = at_A(b, ${u} + ${2 * H}); F o = at_A(b, ${u} + ${3 * H});
      F th = tnh(at_C(b, ${u}));
      F dc = at_K(b, ${u}) + d * o * (1.0 - th * th);`;
    const variant = `${B}_${H}_${E !== null}_${Y !== null}`;
    const gateGradients = {
      name: `lstm_back_${variant}`,
      body: `I u = j - (j / ${H}) * ${H}; ${cell("u")}
        F di = dc * g * i * (1.0 - i); F df = dc * at_B(b, u) * f * (1.0 - f);
        F dg = dc * i * (1.0 - g * g); F dO = d * th * o * (1.0 - o);
        F dz = pick(${inGate(0, H)}, di, pick(${inGate(1, H)}, df, pick(${inGate(2, H)}, dg, dO)));
        out(pick(on, dz, 0.0));`,
    };
    const cellGradient = { name: `lstm_back_cell_${variant}`, body: `${cell("j")} out(pick(on, dc * f, at_K(b, j)));` };
    const dGates = new Array<TensorInfo>(T);
    const before = new Array<TensorInfo>(T);
    let dh = dhLast ?? zeros(device, B, H);
    let dc = dcLast ?? zeros(device, B, H);
    for (const t of timeOrder(T, !reverse)) {
      const earlier = reverse ? t + 1 : t - 1;
      const first = earlier < 0 || earlier >= T;
      before[t] = first ? h0 : states[earlier];
      const given = { D: dh, Y, A: gates[t], C: cells[t], K: dc, E };
      dGates[t] = shade(device, gateGradients, { ...given, B: first ? c0 : cells[earlier] }, [B, G], t);
      dc = shade(device, cellGradient, given, [B, H], t);
      dh = carried(device, product(device, dGates[t], back), dh, E, [B, H], t);
    }
    const all = stacked(device, dGates);
    const input = inputGradients(device, all, x, wIh, sizes, {
      x: wanted[0],
      weight: wanted[3],
      bias: wanted[5] && bIh !== null,
    });
    return [
      input.x,
      wanted[1] ? dh : null,
      wanted[2] ? dc : null,
      input.weight,
      wanted[4] ? weightGradient(device, all, stacked(device, before)) : null,
      input.bias,
      wanted[6] && bHh ? (input.bias ?? rowSums(device, all)) : null,
      null,
      null,
    ];
  },
};

/** 1 where column j belongs to a gate. */
function inGate(gate: number, H: number): string {
  return `1.0 - abs(float_(j / ${H}) - ${gate}.0)`;
}
