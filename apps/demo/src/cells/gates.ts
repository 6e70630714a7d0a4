import type { GateByHand, LayerWeights, Term } from "./cell-kind.js";

/** x W_ih^T + b_ih + h W_hh^T + b_hh of gate number `gate` for one unit. */
export function gateSum(
  weights: LayerWeights,
  gate: number,
  unit: number,
  x: ArrayLike<number>,
  h: ArrayLike<number>,
): number {
  const { inputSize, hiddenSize, weightIh, weightHh, biasIh, biasHh } = weights;
  const row = gate * hiddenSize + unit;
  let sum = (biasIh?.[row] ?? 0) + (biasHh?.[row] ?? 0);
  for (let k = 0; k < inputSize; k++) sum += x[k] * weightIh[row * inputSize + k];
  for (let k = 0; k < hiddenSize; k++) sum += h[k] * weightHh[row * hiddenSize + k];
  return sum;
}

const subscripts = "₀₁₂₃₄₅₆₇₈₉";
export const subscript = (n: number): string => [...String(n)].map((digit) => subscripts[Number(digit)]).join("");

/** All that is multiplied and added for one unit of a gate whose activation acts on the plain sum. */
export function gateByHand(
  weights: LayerWeights,
  gate: { row: number; symbol: string; label: string; activation: "tanh" | "sigmoid" },
  unit: number,
  x: ArrayLike<number>,
  h: ArrayLike<number>,
): GateByHand {
  const { inputSize, hiddenSize, weightIh, weightHh, biasIh, biasHh } = weights;
  const row = gate.row * hiddenSize + unit;
  const terms = (matrix: Float32Array, factors: ArrayLike<number>, size: number, name: string): Term[] =>
    Array.from({ length: size }, (_, k) => ({
      weight: matrix[row * size + k],
      factor: factors[k],
      name: name + subscript(k + 1),
    }));
  const sum = gateSum(weights, gate.row, unit, x, h);
  return {
    symbol: gate.symbol,
    label: gate.label,
    inputTerms: terms(weightIh, x, inputSize, "x"),
    biasIh: biasIh?.[row] ?? null,
    stateTerms: terms(weightHh, h, hiddenSize, "h"),
    biasHh: biasHh?.[row] ?? null,
    recurrentFactor: null,
    sum,
    activation: gate.activation,
    value: gate.activation === "tanh" ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum)),
  };
}
