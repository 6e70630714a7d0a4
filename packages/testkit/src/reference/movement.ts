import type { PrimitiveReferences } from "./primitive-reference.js";
import { at, broadcastAt, indices, position, settle, tabulate, type Values } from "./values.js";

type MovementOp = "reshape" | "transpose" | "broadcast" | "slice" | "concat" | "pad" | "flip" | "gather" | "scatterAdd";

function contains(x: Values, index: readonly number[]): boolean {
  return index.every((i, d) => i >= 0 && i < x.shape[d]);
}

/** The index into the indexed tensor: the dimensions that came from `picks` give way to the one number found there. */
function picked(index: readonly number[], axis: number, picks: Values): number[] {
  const end = axis + picks.shape.length;
  return [...index.slice(0, axis), at(picks, index.slice(axis, end)), ...index.slice(end)];
}

export const movement: Pick<PrimitiveReferences, MovementOp> = {
  reshape: ([x]) => x.values.slice(),
  transpose: ([x], { perm }, out) =>
    tabulate(out, (index) => {
      const source = new Array<number>(perm.length);
      for (const [d, axis] of perm.entries()) source[axis] = index[d];
      return at(x, source);
    }),
  broadcast: ([x], _attrs, out) => tabulate(out, (index) => broadcastAt(x, index)),
  slice: ([x], { starts, steps }, out) =>
    tabulate(out, (index) =>
      at(
        x,
        index.map((i, d) => starts[d] + i * steps[d]),
      ),
    ),
  concat: (inputs, { axis }, out) =>
    tabulate(out, (index) => {
      let along = index[axis];
      for (const x of inputs) {
        if (along < x.shape[axis]) return at(x, index.with(axis, along));
        along -= x.shape[axis];
      }
      return Number.NaN;
    }),
  pad: ([x], { before, value }, out) =>
    tabulate(out, (index) => {
      const source = index.map((i, d) => i - before[d]);
      return contains(x, source) ? at(x, source) : value;
    }),
  flip: ([x], { axes }, out) =>
    tabulate(out, (index) =>
      at(
        x,
        index.map((i, d) => (axes.includes(d) ? x.shape[d] - 1 - i : i)),
      ),
    ),
  gather: ([x, picks], { axis }, out) =>
    tabulate(out, (index) => {
      const source = picked(index, axis, picks);
      return contains(x, source) ? at(x, source) : 0;
    }),
  scatterAdd: ([base, picks, updates], { axis }, out) => {
    const values = base.values.slice();
    for (const index of indices(updates.shape)) {
      const target = picked(index, axis, picks);
      if (contains(base, target)) values[position(target, base.shape)] += at(updates, index);
    }
    return values.map((value) => settle(value, out.dtype));
  },
};
