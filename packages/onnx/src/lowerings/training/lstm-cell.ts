import { add, matmul, mul, split, sub, timesRest, transpose } from "./arithmetic.js";
import type { TrainedCell } from "./cell.js";
import { packedWeight, stacked } from "./packed-weight.js";

/**
 * Gates i, f, g, o. Of c before the step only f c is kept, which is all that the gradient of f needs. A fifth forward weight, and a
 * second one backward, project the hidden state, of which the unprojected one is kept.
 */
export const lstmCell: TrainedCell = {
  states: 2,
  inputRows: [0],
  recurrentRows: [{ gate: 0, by: "state" }],
  gateSizes: [4],
  forwardWeights: (b, parameters) => {
    const H = parameters.hidden;
    const { wHr } = parameters;
    return [...split(b, packedWeight(b, parameters), [H, H, H, H], 0), ...(wHr ? [wHr.name] : [])];
  },
  step: (b, weights, column, [h, c]) => {
    const operand = stacked(b, column, h);
    const [i, f, g, o] = weights
      .slice(0, 4)
      .map((weight, k) => b.node(k === 2 ? "Tanh" : "Sigmoid", [matmul(b, weight, operand)]));
    const kept = mul(b, f, c);
    const cNext = add(b, kept, mul(b, i, g));
    const tanhC = b.node("Tanh", [cNext]);
    const all = [i, f, g, o, kept, tanhC];
    const hidden = mul(b, o, tanhC);
    if (weights.length === 4) return { next: [hidden, cNext], kept: all };
    return { next: [matmul(b, weights[4], hidden), cNext], kept: [...all, hidden] };
  },
  backwardWeights: (b, { wHh, wHr }) => [transpose(b, wHh.name), ...(wHr ? [transpose(b, wHr.name)] : [])],
  back: (b, [weight, projection], [dh, dc], [i, f, g, o, kept, tanhC]) => {
    const dHidden = projection === undefined ? dh : matmul(b, projection, dh);
    const throughOutput = mul(b, dHidden, o);
    const output = mul(b, throughOutput, tanhC);
    const dO = timesRest(b, output, o);
    const dcNow = add(b, sub(b, throughOutput, mul(b, output, tanhC)), dc);
    const throughInput = mul(b, dcNow, i);
    const input = mul(b, throughInput, g);
    const dI = timesRest(b, input, i);
    const dG = sub(b, throughInput, mul(b, input, g));
    const dF = timesRest(b, mul(b, dcNow, kept), f);
    const gates = b.concat([dI, dF, dG, dO], 0);
    const previous = [matmul(b, weight, gates), mul(b, dcNow, f)];
    if (projection === undefined) return { previous, gates: [gates] };
    return { previous, gates: [gates], projected: b.node("Identity", [dh]) };
  },
};
