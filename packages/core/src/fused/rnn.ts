import { add, greater, mul, relu, sub, tanh, where } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { stack } from "../ops/movement.js";
import { unbind } from "../ops/splitting.js";
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

/** What an Elman step applies to its sum. */
export type RnnNonlinearity = "tanh" | "relu";

/**
 * One Elman step: f(xProjected + h W_hh^T + b_hh), with xProjected = x W_ih^T + b_ih.
 *
 * @returns the next hidden state [B, H]
 * @example
 * const h = rnnStep(zeros([2, 4]), zeros([2, 4]), zeros([4, 4]), null, "tanh"); // [2, 4]
 */
export function rnnStep(
  xProjected: Tensor,
  h: Tensor,
  wHh: Tensor,
  bHh: Tensor | null,
  nonlinearity: RnnNonlinearity,
): Tensor {
  const recurrent = matmul(h, wHh, { transB: true });
  const z = add(xProjected, bHh ? add(recurrent, bHh) : recurrent);
  return nonlinearity === "tanh" ? tanh(z) : relu(z);
}

export const rnnSequence: Decomposition<"rnnSequence"> = {
  forward([x, h0, wIh, wHh, bIh, bHh, lengths], { nonlinearity, reverse }) {
    const T = x.shape[0];
    const projected = projectInputs(x, wIh, bIh);
    const masks = runningMasks(T, lengths);
    const y = new Array<Tensor>(T);
    const states = new Array<Tensor>(T);
    const next = new Array<Tensor>(T);
    let h = h0;
    for (const t of timeOrder(T, reverse)) {
      const mask = masks?.[t] ?? null;
      const hNext = rnnStep(projected[t], h, wHh, bHh, nonlinearity);
      states[t] = h;
      next[t] = hNext;
      y[t] = onlyRunning(mask, hNext);
      h = mask ? where(mask, hNext, h) : hNext;
    }
    return { out: [stack(y, 0), h], reserve: { states, next, masks: masks ?? [] } };
  },
  backward(
    [dY, dH],
    [x, h0, wIh, wHh, bIh, bHh],
    _outputs,
    { states, next, masks },
    { nonlinearity, reverse },
    wanted,
  ) {
    const T = x.shape[0];
    const dYs = dY ? unbind(dY, 0) : null;
    const gates = new Array<Tensor>(T);
    let dh = dH;
    for (const t of timeOrder(T, !reverse)) {
      const mask = masks[t] ?? null;
      const arriving = plus(dh, dYs?.[t] ?? null) ?? zerosOf(h0.backend, h0.shape, h0.dtype);
      const active = onlyRunning(mask, arriving);
      const hNext = next[t];
      const dz = nonlinearity === "tanh" ? mul(active, sub(1, mul(hNext, hNext))) : where(greater(hNext, 0), active, 0);
      gates[t] = dz;
      dh = plus(matmul(dz, wHh), dh === null ? null : onlyEnded(mask, dh));
    }
    const input = inputGradients(gates, x, wIh, { x: wanted[0], weight: wanted[2], bias: wanted[4] && bIh !== null });
    return [
      input.x,
      wanted[1] ? dh : null,
      input.weight,
      wanted[3] ? stateWeightGradient(gates, states) : null,
      input.bias,
      wanted[5] && bHh ? biasGradient(gates) : null,
      null,
    ];
  },
};
