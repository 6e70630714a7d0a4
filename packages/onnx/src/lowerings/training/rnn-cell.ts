import type { DType } from "@unrolled/backend";
import { matmul, mul, sub, transpose, where } from "./arithmetic.js";
import type { TrainedCell } from "./cell.js";
import { packedWeight, stacked } from "./packed-weight.js";

/** The gradient of either nonlinearity follows from the new state, of which the Identity is a copy to keep. */
export const rnnCell = (nonlinearity: "tanh" | "relu", dtype: DType): TrainedCell => ({
  states: 1,
  inputRows: [0],
  recurrentRows: [{ gate: 0, by: "state" }],
  gateSizes: [1],
  forwardWeights: (b, parameters) => [packedWeight(b, parameters)],
  step: (b, [weight], column, [h]) => {
    const product = matmul(b, weight, stacked(b, column, h));
    const next = b.node(nonlinearity === "tanh" ? "Tanh" : "Relu", [product]);
    return { next: [next], kept: [b.node("Identity", [next])] };
  },
  backwardWeights: (b, { wHh }) => [transpose(b, wHh.name)],
  back: (b, [weight], [dh], [h]) => {
    const gate =
      nonlinearity === "tanh"
        ? sub(b, dh, mul(b, mul(b, dh, h), h))
        : where(b, b.node("Greater", [h, b.scalar(0, dtype)]), dh, b.scalar(0, dtype));
    return { previous: [matmul(b, weight, gate)], gates: [gate] };
  },
});
