import { ArgumentError, ShapeError, type TypedArray } from "@unrolled/backend";
import { type HostArray, hostArray, isHostArray, isTypedArray } from "./host-array.js";

/** Numbers in nested arrays, one level for each dimension. */
export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/** One field of a sample, in host memory. */
export type Field = number | boolean | NestedNumbers | TypedArray | HostArray;

/** A field as data with a shape. `sample` is its number, for messages. */
export function toHostArray(op: string, value: unknown, sample: number): HostArray {
  if (typeof value === "number") return { data: Float32Array.of(value), shape: [] };
  if (typeof value === "boolean") return { data: Uint8Array.of(value ? 1 : 0), shape: [] };
  if (isTypedArray(value)) return { data: value, shape: [value.length] };
  if (isHostArray(value)) return hostArray(value.data, value.shape);
  if (Array.isArray(value)) return fromNested(op, value, sample);
  throw new ArgumentError(
    op,
    `sample ${sample} of the batch holds ${value === null ? "null" : `a value of type ${typeof value}`}`,
    "give numbers, arrays, typed arrays, { data, shape } or tensors, or pass your own collate function",
  );
}

function fromNested(op: string, value: readonly unknown[], sample: number): HostArray {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const data = new Float32Array(shape.reduce((size, n) => size * n, 1));
  let next = 0;
  const copy = (item: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof item !== "number") {
        throw new ArgumentError(
          op,
          `sample ${sample} of the batch holds something other than numbers`,
          "give numbers only",
        );
      }
      data[next++] = item;
      return;
    }
    if (!Array.isArray(item) || item.length !== shape[depth]) {
      throw new ShapeError(
        op,
        `the nested arrays of sample ${sample} of the batch are not of one size`,
        "make every row as long as the first",
      );
    }
    for (const inner of item) copy(inner, depth + 1);
  };
  copy(value, 0);
  return { data, shape };
}
