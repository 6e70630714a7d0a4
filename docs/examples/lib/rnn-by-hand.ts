import type { printedWeights } from "./printed-rnn.js";

type Weights = typeof printedWeights;

export interface HandStep {
  readonly x: number;
  /** The state before. */
  readonly h: readonly number[];
  /** x W_ih^T + b_ih, one number a unit. */
  readonly fromInput: readonly number[];
  /** h W_hh^T + b_hh. */
  readonly fromState: readonly number[];
  /** The state after: tanh of the sum of both. */
  readonly next: readonly number[];
}

/** An RNN over one sequence in plain numbers: h_t = tanh(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh), h_0 = 0. */
export function stepsByHand(weights: Weights, sequence: readonly number[]): HandStep[] {
  let h: readonly number[] = weights.bias_hh_l0.map(() => 0);
  return sequence.map((x) => {
    const fromInput = weights.weight_ih_l0.map(([w], unit) => x * w + weights.bias_ih_l0[unit]);
    const fromState = weights.weight_hh_l0.map(
      (row, unit) => row.reduce((sum, w, k) => sum + h[k] * w, 0) + weights.bias_hh_l0[unit],
    );
    const next = fromInput.map((value, unit) => Math.tanh(value + fromState[unit]));
    const step = { x, h, fromInput, fromState, next };
    h = next;
    return step;
  });
}

/** One unit's new state with every number in it. */
export function spellOut(weights: Weights, { x, h, next }: HandStep, unit: number): string {
  const products = weights.weight_hh_l0[unit].map((w, k) => `${fixed(h[k])} * ${fixed(w)}`);
  return [
    `  tanh(${fixed(x)} * ${fixed(weights.weight_ih_l0[unit][0])} + ${fixed(weights.bias_ih_l0[unit])}`,
    ...products.map((product) => `     + ${product}`),
    `     + ${fixed(weights.bias_hh_l0[unit])}) = ${next[unit].toFixed(6)}`,
  ].join("\n");
}

export function fixed(value: number): string {
  return value.toFixed(4).padStart(7);
}
