import { add, mul, sigmoid, sub, tanh, where } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { concat, narrow, stack } from "../ops/movement.js";
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

/** The values of one GRU step. */
export interface GruStep {
  readonly r: Tensor;
  readonly z: Tensor;
  readonly n: Tensor;
  /** What the new gate's recurrent product gave (resetAfter) or read (else), [B, H]. */
  readonly inner: Tensor;
  /** Next hidden state [B, H]. */
  readonly h: Tensor;
}

/**
 * One GRU step with gates r, z, n, from xProjected = x W_ih^T + b_ih [B, 3H].
 * resetAfter: n = tanh(x_n + r (W_hn h + b_hn)), as PyTorch; else n = tanh(x_n + W_hn (r h) + b_hn).
 *
 * @example
 * const { h } = gruStep(zeros([2, 12]), zeros([2, 4]), zeros([12, 4]), null, true); // [2, 4]
 */
export function gruStep(xProjected: Tensor, h: Tensor, wHh: Tensor, bHh: Tensor | null, resetAfter: boolean): GruStep {
  const H = wHh.shape[1];
  const [xr, xz, xn] = split(xProjected, H, 1);
  if (resetAfter) {
    const product = matmul(h, wHh, { transB: true });
    const [hr, hz, hn] = split(bHh ? add(product, bHh) : product, H, 1);
    const r = sigmoid(add(xr, hr));
    const z = sigmoid(add(xz, hz));
    const n = tanh(add(xn, mul(r, hn)));
    return { r, z, n, inner: hn, h: mix(z, n, h) };
  }
  const [wr, wz, wn] = split(wHh, H, 0);
  const [br, bz, bn] = bHh ? split(bHh, H, 0) : [null, null, null];
  const recurrent = (state: Tensor, w: Tensor, b: Tensor | null): Tensor => {
    const product = matmul(state, w, { transB: true });
    return b ? add(product, b) : product;
  };
  const r = sigmoid(add(xr, recurrent(h, wr, br)));
  const z = sigmoid(add(xz, recurrent(h, wz, bz)));
  const inner = mul(r, h);
  const n = tanh(add(xn, recurrent(inner, wn, bn)));
  return { r, z, n, inner, h: mix(z, n, h) };
}

/** (1 - z) n + z h, with one product less. */
function mix(z: Tensor, n: Tensor, h: Tensor): Tensor {
  return add(n, mul(z, sub(h, n)));
}

export const gruSequence: Decomposition<"gruSequence"> = {
  forward([x, h0, wIh, wHh, bIh, bHh, lengths], { resetAfter, reverse }) {
    const T = x.shape[0];
    const projected = projectInputs(x, wIh, bIh);
    const masks = runningMasks(T, lengths);
    const list = (): Tensor[] => new Array<Tensor>(T);
    const [y, states, r, z, n, inner] = [list(), list(), list(), list(), list(), list()];
    let h = h0;
    for (const t of timeOrder(T, reverse)) {
      const mask = masks?.[t] ?? null;
      const step = gruStep(projected[t], h, wHh, bHh, resetAfter);
      states[t] = h;
      r[t] = step.r;
      z[t] = step.z;
      n[t] = step.n;
      inner[t] = step.inner;
      y[t] = onlyRunning(mask, step.h);
      h = mask ? where(mask, step.h, h) : step.h;
    }
    return { out: [stack(y, 0), h], reserve: { states, r, z, n, inner, masks: masks ?? [] } };
  },
  backward([dY, dH], [x, h0, wIh, wHh, bIh, bHh], _outputs, reserve, { resetAfter, reverse }, wanted) {
    const { states, masks } = reserve;
    const T = x.shape[0];
    const H = wHh.shape[1];
    const dYs = dY ? unbind(dY, 0) : null;
    const inputGates = new Array<Tensor>(T);
    const recurrentGates = new Array<Tensor>(T);
    const wRz = narrow(wHh, 0, 0, 2 * H);
    const wN = narrow(wHh, 0, 2 * H, H);
    let dh = dH ?? zerosOf(h0.backend, h0.shape, h0.dtype);
    for (const t of timeOrder(T, !reverse)) {
      const mask = masks[t] ?? null;
      const [r, z, n, inner, h] = [reserve.r[t], reserve.z[t], reserve.n[t], reserve.inner[t], states[t]];
      const dhNow = onlyRunning(mask, plus(dh, dYs?.[t] ?? null) as Tensor);
      const dn = mul(mul(dhNow, sub(1, z)), sub(1, mul(n, n)));
      const dz = mul(mul(dhNow, sub(h, n)), mul(z, sub(1, z)));
      const direct = mul(dhNow, z);
      let dr: Tensor;
      let throughProducts: Tensor;
      if (resetAfter) {
        dr = mul(mul(dn, inner), mul(r, sub(1, r)));
        recurrentGates[t] = concat([dr, dz, mul(dn, r)], 1);
        throughProducts = matmul(recurrentGates[t], wHh);
      } else {
        const dInner = matmul(dn, wN);
        dr = mul(mul(dInner, h), mul(r, sub(1, r)));
        recurrentGates[t] = concat([dr, dz, dn], 1);
        throughProducts = add(matmul(narrow(recurrentGates[t], 1, 0, 2 * H), wRz), mul(dInner, r));
      }
      inputGates[t] = concat([dr, dz, dn], 1);
      dh = plus(add(direct, throughProducts), onlyEnded(mask, dh)) as Tensor;
    }
    const input = inputGradients(inputGates, x, wIh, {
      x: wanted[0],
      weight: wanted[2],
      bias: wanted[4] && bIh !== null,
    });
    const recurrentWeight = (): Tensor => {
      if (resetAfter) return stateWeightGradient(recurrentGates, states);
      const rz = recurrentGates.map((g) => narrow(g, 1, 0, 2 * H));
      const nn = recurrentGates.map((g) => narrow(g, 1, 2 * H, H));
      return concat([stateWeightGradient(rz, states), stateWeightGradient(nn, reserve.inner)], 0);
    };
    return [
      input.x,
      wanted[1] ? dh : null,
      input.weight,
      wanted[3] ? recurrentWeight() : null,
      input.bias,
      wanted[5] && bHh ? biasGradient(recurrentGates) : null,
      null,
    ];
  },
};
