import { sizeOf } from "@unrolled/backend";
import type { PrimitiveReferences } from "./primitive-reference.js";
import { at, indices, position, settle, tabulate, type Values } from "./values.js";

/** The elements that meet in each position of the output, in row-major order. */
function groups(x: Values, axes: readonly number[]): number[][] {
  const shape = x.shape.map((size, d) => (axes.includes(d) ? 1 : size));
  const members: number[][] = Array.from({ length: sizeOf(shape) }, () => []);
  for (const index of indices(x.shape)) {
    const target = index.map((i, d) => (axes.includes(d) ? 0 : i));
    members[position(target, shape)].push(at(x, index));
  }
  return members;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0);
}

function firstLargest(numbers: readonly number[]): number {
  const nan = numbers.findIndex(Number.isNaN);
  return nan >= 0 ? nan : numbers.indexOf(Math.max(...numbers));
}

export const reductions: Pick<PrimitiveReferences, "sum" | "max" | "argmax" | "cumsum"> = {
  sum: ([x], { axes }, out) => Float64Array.from(groups(x, axes), (members) => settle(total(members), out.dtype)),
  max: ([x], { axes }) => Float64Array.from(groups(x, axes), (members) => members[firstLargest(members)]),
  argmax: ([x], { axis }) => Float64Array.from(groups(x, [axis]), firstLargest),
  cumsum: ([x], { axis, reverse }, out) =>
    tabulate(out, (index) => {
      const here = index[axis];
      const steps = reverse ? x.shape[axis] - here : here + 1;
      const from = reverse ? here : 0;
      return total(Array.from({ length: steps }, (_, i) => at(x, index.with(axis, from + i))));
    }),
};
