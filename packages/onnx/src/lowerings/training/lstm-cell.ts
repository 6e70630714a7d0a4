import { add, matmul, mul, split, sub, timesRest, transpose } from "./arithmetic.js";
import type { TrainedCell } from "./cell.js";
import { packedWeight, stacked } from "./packed-weight.js";

/** Gates i, f, g, o. Of c before the step only f c is kept, which is all that the gradient of f needs. */
export const lstmCell: TrainedCell = {
  states: 2,
  inputRows: [0],
  recurrentRows: [{ gate: 0, by: "state" }],
  gateSizes: [4],
  forwardWeights: (b, parameters) => {
    const H = parameters.hidden;
    return split(b, packedWeight(b, parameters), [H, H, H, H], 0);
  },
  step: (b, weights, column, [h, c]) => {
    const operand = stacked(b, column, h);
    const [i, f, g, o] = weights.map((weight, k) => b.node(k === 2 ? "Tanh" : "Sigmoid", [matmul(b, weight, operand)]));
    const kept = mul(b, f, c);
    const cNext = add(b, kept, mul(b, i, g));
    const tanhC = b.node("Tanh", [cNext]);
    return { next: [mul(b, o, tanhC), cNext], kept: [i, f, g, o, kept, tanhC] };
  },
  backwardWeights: (b, { wHh }) => [transpose(b, wHh.name)],
  back: (b, [weight], [dh, dc], [i, f, g, o, kept, tanhC]) => {
    const throughOutput = mul(b, dh, o);
    const output = mul(b, throughOutput, tanhC);
    const dO = timesRest(b, output, o);
    const dcNow = add(b, sub(b, throughOutput, mul(b, output, tanhC)), dc);
    const throughInput = mul(b, dcNow, i);
    const input = mul(b, throughInput, g);
    const dI = timesRest(b, input, i);
    const dG = sub(b, throughInput, mul(b, input, g));
    const dF = timesRest(b, mul(b, dcNow, kept), f);
    const gates = b.concat([dI, dF, dG, dO], 0);
    return { previous: [matmul(b, weight, gates), mul(b, dcNow, f)], gates: [gates] };
  },
};
