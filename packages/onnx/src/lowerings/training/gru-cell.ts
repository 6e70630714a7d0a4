import type { ModelBuilder } from "../../builder.js";
import { add, matmul, mul, split, sub, timesRest, transpose } from "./arithmetic.js";
import type { Parameters, TrainedCell } from "./cell.js";
import { biasColumn, packedWeight, stacked } from "./packed-weight.js";

/** (1 - z) n + z h, and h - n, which the gradient of z reads. */
function mix(b: ModelBuilder, z: string, n: string, h: string): { next: string; difference: string } {
  const difference = sub(b, h, n);
  return { next: add(b, n, mul(b, z, difference)), difference };
}

/** Through the mix and the new gate's tanh: what goes straight to h, and the gradients of what went into n and z. */
function backThroughMix(
  b: ModelBuilder,
  dh: string,
  z: string,
  n: string,
  difference: string,
): { direct: string; dN: string; dZ: string } {
  const direct = mul(b, dh, z);
  const toNew = sub(b, dh, direct);
  const dN = sub(b, toNew, mul(b, mul(b, toNew, n), n));
  const dZ = timesRest(b, mul(b, direct, difference), z);
  return { direct, dN, dZ };
}

/** Recurrent weights of r and z, and of n, each with rows and columns exchanged. */
function recurrentTransposed(b: ModelBuilder, { wHh, hidden }: Parameters): readonly string[] {
  const [gates, fresh] = split(b, wHh.name, [2 * hidden, hidden], 0);
  return [transpose(b, gates), transpose(b, fresh)];
}

/** Gates r, z, n with n = tanh(x_n + r (W_hn h + b_hn)). */
const resetAfterCell: TrainedCell = {
  states: 1,
  inputRows: [0, 1],
  recurrentRows: [
    { gate: 0, by: "state" },
    { gate: 2, by: "state" },
  ],
  gateSizes: [2, 1, 1],
  /** Of r, of z, of the recurrent half of n; then, where they exist, its bias and the input half of n. */
  forwardWeights: (b, parameters) => {
    const { wIh, wHh, bIh, bHh, hidden } = parameters;
    const ofGate = (name: string): readonly string[] => split(b, name, [hidden, hidden, hidden], 0);
    const [r, z] = ofGate(packedWeight(b, parameters));
    const input = wIh.shape[1] === 0 ? [] : [wIh.name];
    if (bIh || bHh) input.push(biasColumn(b, bIh?.name ?? null, parameters));
    const bias = bHh ? ofGate(biasColumn(b, bHh.name, parameters))[2] : "";
    return [r, z, ofGate(wHh.name)[2], bias, input.length === 0 ? "" : ofGate(b.concat(input, 1))[2]];
  },
  step: (b, [wR, wZ, wN, bias, wInput], column, [h]) => {
    const operand = stacked(b, column, h);
    const r = b.node("Sigmoid", [matmul(b, wR, operand)]);
    const z = b.node("Sigmoid", [matmul(b, wZ, operand)]);
    const product = matmul(b, wN, h);
    const inner = bias === "" ? product : add(b, product, bias);
    const gated = mul(b, r, inner);
    const n = b.node("Tanh", [column === null ? gated : add(b, matmul(b, wInput, column), gated)]);
    const { next, difference } = mix(b, z, n, h);
    return { next: [next], kept: [r, z, n, difference, inner] };
  },
  backwardWeights: recurrentTransposed,
  back: (b, [wGates, wNew], [dh], [r, z, n, difference, inner]) => {
    const { direct, dN, dZ } = backThroughMix(b, dh, z, n, difference);
    const recurrentNew = mul(b, dN, r);
    const dR = timesRest(b, mul(b, recurrentNew, inner), r);
    const gates = b.concat([dR, dZ], 0);
    const throughProducts = add(b, matmul(b, wGates, gates), matmul(b, wNew, recurrentNew));
    return { previous: [add(b, direct, throughProducts)], gates: [gates, dN, recurrentNew] };
  },
};

/** Gates r, z, n with n = tanh(x_n + W_hn (r h) + b_hn). */
const resetBeforeCell: TrainedCell = {
  states: 1,
  inputRows: [0, 1],
  recurrentRows: [
    { gate: 0, by: "state" },
    { gate: 1, by: "result" },
  ],
  gateSizes: [2, 1],
  forwardWeights: (b, parameters) => {
    const { hidden } = parameters;
    return split(b, packedWeight(b, parameters), [hidden, hidden, hidden], 0);
  },
  step: (b, [wR, wZ, wN], column, [h]) => {
    const operand = stacked(b, column, h);
    const r = b.node("Sigmoid", [matmul(b, wR, operand)]);
    const z = b.node("Sigmoid", [matmul(b, wZ, operand)]);
    const reset = mul(b, r, h);
    const n = b.node("Tanh", [matmul(b, wN, stacked(b, column, reset))]);
    const { next, difference } = mix(b, z, n, h);
    return { next: [next], kept: [r, z, n, difference], product: reset };
  },
  backwardWeights: recurrentTransposed,
  back: (b, [wGates, wNew], [dh], [r, z, n, difference]) => {
    const { direct, dN, dZ } = backThroughMix(b, dh, z, n, difference);
    const throughReset = mul(b, matmul(b, wNew, dN), r);
    const dR = timesRest(b, mul(b, throughReset, add(b, difference, n)), r);
    const gates = b.concat([dR, dZ], 0);
    const throughProducts = add(b, matmul(b, wGates, gates), throughReset);
    return { previous: [add(b, direct, throughProducts)], gates: [gates, dN] };
  },
};

export const gruCell = (resetAfter: boolean): TrainedCell => (resetAfter ? resetAfterCell : resetBeforeCell);
