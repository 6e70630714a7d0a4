import { formatShape, type HostTensor, ShapeError, sameShape, type TypedArray } from "@unrolled/backend";
import { isNumberArray } from "./file-dtype.js";

/** How far one array of numbers is from another. */
export interface Difference {
  /** The largest |actual - expected|. */
  readonly absolute: number;
  /** That, divided by the largest |expected|; 0 where both are equal. */
  readonly relative: number;
}

/**
 * The largest difference of two tensors or arrays. Equal infinities, and NaN in the same place, count as equal; a NaN in one
 * of them only is an infinite difference.
 *
 * @throws ShapeError for different shapes or lengths
 * @example
 * largestDifference(Float32Array.of(1, 2.5), Float32Array.of(1, 2)); // { absolute: 0.5, relative: 0.25 }
 */
export function largestDifference(actual: HostTensor | TypedArray, expected: HostTensor | TypedArray): Difference {
  const [a, b] = [dataOf(actual), dataOf(expected)];
  const shapes = [shapeOf(actual), shapeOf(expected)] as const;
  const bothShaped = !isNumberArray(actual) && !isNumberArray(expected);
  if (a.length !== b.length || (bothShaped && !sameShape(...shapes))) {
    throw new ShapeError(
      "largestDifference",
      `${formatShape(shapes[0])} against ${formatShape(shapes[1])}`,
      "compare tensors of one shape",
    );
  }
  let [absolute, scale] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (Number.isFinite(b[i])) scale = Math.max(scale, Math.abs(b[i]));
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const distance = Math.abs(a[i] - b[i]);
    absolute = Math.max(absolute, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
  }
  return { absolute, relative: absolute === 0 ? 0 : absolute / scale };
}

function dataOf(given: HostTensor | TypedArray): TypedArray {
  return isNumberArray(given) ? given : given.data;
}

function shapeOf(given: HostTensor | TypedArray): readonly number[] {
  return isNumberArray(given) ? [given.length] : given.shape;
}
