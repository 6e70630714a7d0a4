import { create } from "../engine.js";
import { cast, equal, exp, mul, neg, sub, where } from "../ops/elementwise.js";
import { reshape, unsqueeze } from "../ops/movement.js";
import { any, sum } from "../ops/reductions.js";
import type { Tensor } from "../tensor.js";
import type { Decomposition } from "./decomposition.js";
import { logProbabilities } from "./softmax.js";

/** True at each target's class, in the shape of the logits. */
function chosenClasses(logits: Tensor, targets: Tensor, axis: number): Tensor {
  const classes = create("iota", logits.backend, { length: logits.shape[axis], dtype: "int32" });
  const along = reshape(classes, [-1, ...logits.shape.slice(axis + 1).map(() => 1)]);
  return equal(unsqueeze(targets, axis), along);
}

export const softmaxCrossEntropy: Decomposition<"softmaxCrossEntropy"> = {
  forward([logits, targets], { axis }) {
    const logs = logProbabilities(logits, axis);
    const chosen = chosenClasses(logits, targets, axis);
    return { out: [neg(sum(where(chosen, logs, 0), axis))], reserve: { logs: [logs], chosen: [chosen] } };
  },
  backward([g], _inputs, _outputs, { logs: [logs], chosen: [chosen] }, { axis }) {
    if (g === null) return [null, null];
    const isClass = any(chosen, axis, { keepDims: true });
    const difference = sub(exp(logs), cast(chosen, logs.dtype));
    return [where(isClass, mul(difference, unsqueeze(g, axis)), 0), null];
  },
};
