import { RNN } from "@unrolled/cells";
import type { CellKind } from "./cell-kind.js";
import { gateByHand, gateSum } from "./gates.js";

export const rnn: CellKind = {
  id: "rnn",
  label: "RNN (Elman)",
  stateNames: ["h"],
  gates: [{ symbol: "h", label: "hidden state" }],
  create: (inputSize, hiddenSize, options) => new RNN(inputSize, hiddenSize, { ...options, batchFirst: true }),
  trace(weights, x, steps) {
    const { hiddenSize } = weights;
    const values = new Float64Array(steps * hiddenSize);
    let h: ArrayLike<number> = new Float64Array(hiddenSize);
    for (let t = 0; t < steps; t++) {
      const input = Array.prototype.slice.call(x, t * weights.inputSize, (t + 1) * weights.inputSize);
      const next = Float64Array.from({ length: hiddenSize }, (_, unit) =>
        Math.tanh(gateSum(weights, 0, unit, input, h)),
      );
      values.set(next, t * hiddenSize);
      h = next;
    }
    return [
      {
        symbol: "h",
        label: "hidden state",
        formula: "h_t = tanh(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh)",
        range: [-1, 1],
        values,
      },
    ];
  },
  byHand(weights, x, [h], unit) {
    const gate = gateByHand(weights, { row: 0, symbol: "h", label: "hidden state", activation: "tanh" }, unit, x, h);
    return { unit, gates: [gate], lines: [] };
  },
};
