import { sameShape, sizeOf } from "@unrolled/backend";
import { CannotLower, type Lowerings } from "../lowering.js";
import { int, ints, string } from "../proto.js";

type MovementOp = "reshape" | "transpose" | "broadcast" | "slice" | "concat" | "pad" | "flip" | "gather" | "scatterAdd";

export const movement: Pick<Lowerings, MovementOp> = {
  reshape: (b, { in: [x], attrs: { shape } }) => [sameShape(x.shape, shape) ? x.name : b.reshape(x.name, shape)],
  transpose: (b, { in: [x], attrs: { perm } }) => [
    perm.every((axis, i) => axis === i) ? x.name : b.node("Transpose", [x.name], [ints("perm", perm)]),
  ],
  broadcast: (b, { in: [x], attrs: { shape } }) => [
    sameShape(x.shape, shape) ? x.name : b.node("Expand", [x.name, b.int64(shape)]),
  ],
  slice: (b, { in: [x], attrs: { starts, ends, steps } }) => {
    const cut = x.shape.flatMap((size, i) => (starts[i] === 0 && ends[i] === size && steps[i] === 1 ? [] : [i]));
    if (cut.length === 0) return [x.name];
    const pick = (list: readonly number[]): string => b.int64(cut.map((axis) => list[axis]));
    return [b.node("Slice", [x.name, pick(starts), pick(ends), b.int64(cut), pick(steps)])];
  },
  concat: (b, { in: parts, attrs: { axis } }) => {
    const filled = parts.filter((part) => sizeOf(part.shape) > 0);
    return [
      b.concat(
        filled.map((part) => part.name),
        axis,
      ),
    ];
  },
  pad: (b, { in: [x], attrs: { before, after, value }, out: [out] }) => {
    if (sizeOf(x.shape) === 0) return [b.filled(value, out)];
    if (sameShape(x.shape, out.shape)) return [x.name];
    return [b.node("Pad", [x.name, b.int64([...before, ...after]), b.scalar(value, x.dtype)])];
  },
  /** Slice with steps of -1, from the last element to before the first. */
  flip: (b, { in: [x], attrs: { axes } }) => {
    if (axes.length === 0) return [x.name];
    const starts = b.int64(axes.map(() => -1));
    const ends = b.int64(axes.map((axis) => -x.shape[axis] - 1));
    return [b.node("Slice", [x.name, starts, ends, b.int64(axes), b.int64(axes.map(() => -1))])];
  },
  /** In ONNX an index from -size to -1 counts from the end, where the op table calls it out of range. */
  gather: (b, { in: [x, indices], attrs: { axis } }) => [b.node("Gather", [x.name, indices.name], [int("axis", axis)])],
  /** ScatterElements with one index per element of `updates`. Negative indices as in gather. */
  scatterAdd: (b, { in: [base, indices, updates], attrs: { axis } }) => {
    if (base.dtype === "bool") {
      throw new CannotLower("ONNX adds numbers only, base is bool", 'cast it first: x.cast("int32")');
    }
    const count = sizeOf(indices.shape);
    if (sizeOf(updates.shape) === 0) return [base.name];
    const spread = base.shape.map((size, i) => (i === axis ? count : size));
    const alone = base.shape.map((_, i) => (i === axis ? count : 1));
    const rows = sameShape(updates.shape, spread) ? updates.name : b.reshape(updates.name, spread);
    const along = sameShape(indices.shape, alone) ? indices.name : b.reshape(indices.name, alone);
    const each = sameShape(alone, spread) ? along : b.node("Expand", [along, b.int64(spread)]);
    return [b.node("ScatterElements", [base.name, each, rows], [int("axis", axis), string("reduction", "add")])];
  },
};
