import { ArgumentError, formatShape, ShapeError } from "@unrolled/backend";
import { axisOf, requireNumbers } from "../arguments.js";
import { TapeNode } from "../autograd/tape.js";
import { describeValue } from "../describe-value.js";
import { isRecording, noGrad } from "../engine.js";
import type { Tensor } from "../tensor.js";
import { concat, narrow, reshape } from "./movement.js";
import { zerosOf } from "./zeros.js";

/**
 * Cuts an axis into consecutive parts: of the given sizes, or of one size (the last may be smaller).
 * One tape node serves all parts, so that going back costs one concatenation, however many there are.
 *
 * @example
 * split(arange(5), 2).map((part) => part.shape); // [[2], [2], [1]]
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  const at = axisOf("split", axis, x.shape.length);
  const list = partSizes(x, sizes, at);
  const parts = noGrad(() => {
    let start = 0;
    return list.map((size) => {
      const part = narrow(x, at, start, size);
      start += size;
      return part === x ? x.detach() : part;
    });
  });
  if (isRecording([x])) {
    const shapes = parts.map((part) => part.shape);
    const { dtype, backend } = x;
    const node = new TapeNode("split", {}, [x], (cotangents) => [
      concat(
        cotangents.map((g, i) => g ?? zerosOf(backend, shapes[i], dtype)),
        at,
      ),
    ]);
    parts.forEach((part, i) => {
      node.produce(part, i);
    });
  }
  return parts;
}

function partSizes(x: Tensor, sizes: number | readonly number[], axis: number): readonly number[] {
  const total = x.shape[axis];
  if (typeof sizes !== "number") {
    requireNumbers("split", "sizes", sizes);
    if (sizes.some((s) => !Number.isInteger(s) || s < 0) || sizes.reduce((a, b) => a + b, 0) !== total) {
      throw new ShapeError(
        "split",
        `sizes ${formatShape(sizes)} do not fill axis ${axis} of ${formatShape(x.shape)}`,
        `make them sum to ${total}`,
      );
    }
    return sizes;
  }
  if (!Number.isInteger(sizes) || sizes < 1)
    throw new ArgumentError("split", `part size ${describeValue(sizes)}`, "use a positive integer");
  const count = Math.max(1, Math.ceil(total / sizes));
  return Array.from({ length: count }, (_, i) => Math.min(sizes, total - i * sizes));
}

/**
 * Cuts an axis into `count` parts of equal size (the last may be smaller), as torch.chunk.
 *
 * @throws ArgumentError unless count is a positive integer
 * @example
 * chunk(arange(6), 3).length; // 3
 */
export function chunk(x: Tensor, count: number, axis = 0): Tensor[] {
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError("chunk", `${describeValue(count)} parts`, "use a positive integer");
  const at = axisOf("chunk", axis, x.shape.length);
  return split(x, Math.max(1, Math.ceil(x.shape[at] / count)), at);
}

/** All slices along an axis, which goes away: the inverse of `stack`. */
export function unbind(x: Tensor, axis = 0): Tensor[] {
  const at = axisOf("unbind", axis, x.shape.length);
  const shape = x.shape.filter((_, i) => i !== at);
  if (x.shape[at] === 0) return [];
  return split(x, 1, at).map((part) => reshape(part, shape));
}
