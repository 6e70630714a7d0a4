import type { Meta, UpdateOp } from "../ops.js";
import { requireFloat, requireSameDType, requireShape } from "./checks.js";
import type { OpTable } from "./row.js";

function checkUpdate(
  op: UpdateOp,
  parameter: Meta,
  alike: readonly (Meta | null)[],
  scalars: readonly (Meta | null)[],
): void {
  requireFloat(op, parameter);
  for (const other of alike) {
    if (!other) continue;
    requireSameDType(op, parameter, other);
    requireShape(op, "gradient or state", other, parameter.shape);
  }
  for (const scalar of scalars) {
    if (!scalar) continue;
    requireSameDType(op, parameter, scalar);
    requireShape(op, "scalar", scalar, []);
  }
}

export const updates: Pick<OpTable, UpdateOp> = {
  sgdStep: {
    doc: "Stochastic gradient descent with momentum, as torch.optim.SGD",
    infer([parameter, gradient, buffer, learningRate, gain]) {
      checkUpdate("sgdStep", parameter, [gradient, buffer], [learningRate, gain]);
      return [parameter, buffer];
    },
  },
  adamStep: {
    doc: "Adam or (decoupledWeightDecay) AdamW, as torch.optim.Adam and AdamW",
    infer([parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection]) {
      checkUpdate(
        "adamStep",
        parameter,
        [gradient, expAvg, expAvgSq, maxExpAvgSq],
        [learningRate, stepSize, secondCorrection],
      );
      return [parameter, expAvg, expAvgSq, maxExpAvgSq];
    },
  },
};
