import { add, mul, sigmoid, sub, tanh, where } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { concat, stack } from "../ops/movement.js";
import { split, unbind } from "../ops/splitting.js";
import { zerosOf } from "../ops/zeros.js";
import type { Tensor } from "../tensor.js";
import type { Decomposition } from "./decomposition.js";
import {
  biasGradient,
  inputGradients,
  onlyEnded,
  onlyRunning,
  plus,
  projectInputs,
  runningMasks,
  stateWeightGradient,
  timeOrder,
} from "./sequence-parts.js";

/** The values of one LSTM step. */
export interface LstmStep {
  readonly i: Tensor;
  readonly f: Tensor;
  readonly g: Tensor;
  readonly o: Tensor;
  /** Next cell state, its tanh, and the next hidden state before any projection, each [B, H]. */
  readonly c: Tensor;
  readonly tanhC: Tensor;
  readonly h: Tensor;
}

/**
 * One LSTM step with gates i, f, g, o, from xProjected = x W_ih^T + b_ih [B, 4H] and the state h [B, P], c [B, H]; w_hh [4H, P].
 *
 * @example
 * const { h, c } = lstmStep(zeros([2, 16]), zeros([2, 4]), zeros([2, 4]), zeros([16, 4]), null); // each [2, 4]
 */
export function lstmStep(xProjected: Tensor, h: Tensor, c: Tensor, wHh: Tensor, bHh: Tensor | null): LstmStep {
  const recurrent = matmul(h, wHh, { transB: true });
  const z = add(xProjected, bHh ? add(recurrent, bHh) : recurrent);
  const [zi, zf, zg, zo] = split(z, c.shape[1], 1);
  const i = sigmoid(zi);
  const f = sigmoid(zf);
  const g = tanh(zg);
  const o = sigmoid(zo);
  const cNext = add(mul(f, c), mul(i, g));
  const tanhC = tanh(cNext);
  return { i, f, g, o, c: cNext, tanhC, h: mul(o, tanhC) };
}

export const lstmSequence: Decomposition<"lstmSequence"> = {
  forward([x, h0, c0, wIh, wHh, bIh, bHh, lengths, wHr], { reverse }) {
    const T = x.shape[0];
    const projected = projectInputs(x, wIh, bIh);
    const masks = runningMasks(T, lengths);
    const list = (): Tensor[] => new Array<Tensor>(T);
    const [y, states, cells, i, f, g, o, tanhC] = [list(), list(), list(), list(), list(), list(), list(), list()];
    const unprojected = wHr ? list() : [];
    let h = h0;
    let c = c0;
    for (const t of timeOrder(T, reverse)) {
      const mask = masks?.[t] ?? null;
      const step = lstmStep(projected[t], h, c, wHh, bHh);
      states[t] = h;
      cells[t] = c;
      i[t] = step.i;
      f[t] = step.f;
      g[t] = step.g;
      o[t] = step.o;
      tanhC[t] = step.tanhC;
      if (wHr) unprojected[t] = onlyRunning(mask, step.h);
      const next = wHr ? matmul(step.h, wHr, { transB: true }) : step.h;
      y[t] = onlyRunning(mask, next);
      h = mask ? where(mask, next, h) : next;
      c = mask ? where(mask, step.c, c) : step.c;
    }
    const reserve = { states, cells, i, f, g, o, tanhC, unprojected, masks: masks ?? [] };
    return { out: [stack(y, 0), h, c], reserve };
  },
  backward([dY, dH, dC], [x, h0, c0, wIh, wHh, bIh, bHh, , wHr], _outputs, reserve, { reverse }, wanted) {
    const { states, cells, masks, unprojected } = reserve;
    const T = x.shape[0];
    const dYs = dY ? unbind(dY, 0) : null;
    const zerosLike = ({ backend, shape, dtype }: Tensor): Tensor => zerosOf(backend, shape, dtype);
    const gates = new Array<Tensor>(T);
    const projected = wHr ? new Array<Tensor>(T) : [];
    let dh = dH ?? zerosLike(h0);
    let dc = dC ?? zerosLike(c0);
    for (const t of timeOrder(T, !reverse)) {
      const mask = masks[t] ?? null;
      const [i, f, g, o, tanhC] = [reserve.i[t], reserve.f[t], reserve.g[t], reserve.o[t], reserve.tanhC[t]];
      const dOut = onlyRunning(mask, plus(dh, dYs?.[t] ?? null) as Tensor);
      if (wHr) projected[t] = dOut;
      const dhNow = wHr ? matmul(dOut, wHr) : dOut;
      const throughTanh = mul(mul(dhNow, o), sub(1, mul(tanhC, tanhC)));
      const dcNow = add(onlyRunning(mask, dc), throughTanh);
      const dg = mul(mul(dcNow, i), sub(1, mul(g, g)));
      const di = sigmoidGradient(mul(dcNow, g), i);
      const df = sigmoidGradient(mul(dcNow, cells[t]), f);
      const dO = sigmoidGradient(mul(dhNow, tanhC), o);
      gates[t] = concat([di, df, dg, dO], 1);
      dh = plus(matmul(gates[t], wHh), onlyEnded(mask, dh)) as Tensor;
      dc = plus(mul(dcNow, f), onlyEnded(mask, dc)) as Tensor;
    }
    const input = inputGradients(gates, x, wIh, { x: wanted[0], weight: wanted[3], bias: wanted[5] && bIh !== null });
    return [
      input.x,
      wanted[1] ? dh : null,
      wanted[2] ? dc : null,
      input.weight,
      wanted[4] ? stateWeightGradient(gates, states) : null,
      input.bias,
      wanted[6] && bHh ? biasGradient(gates) : null,
      null,
      wanted[8] && wHr ? stateWeightGradient(projected, unprojected) : null,
    ];
  },
};

function sigmoidGradient(dy: Tensor, y: Tensor): Tensor {
  return mul(dy, mul(y, sub(1, y)));
}
