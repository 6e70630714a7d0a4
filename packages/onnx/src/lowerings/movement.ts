import type { Size } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../builder.js";
import { CannotLower, type Lowerings } from "../lowering.js";
import { int, ints, string } from "../proto.js";
import { difference, fixedSize, isEmpty, listAttr, productOf, sameSizes } from "../sizes.js";
import { joinedDirections, joinedRows, rowOf, rowsOf } from "./rows.js";

type MovementOp = "reshape" | "transpose" | "broadcast" | "slice" | "concat" | "pad" | "flip" | "gather" | "scatterAdd";

/** Past the end of any axis. */
const farEnd = 2 ** 31 - 1;

export const movement: Pick<Lowerings, MovementOp> = {
  reshape: (b, { in: [x], out: [out] }) => {
    if (sameSizes(x.sizes, out.sizes)) return [x];
    return [rowOf(b, x, out.sizes) ?? b.reshapeTo(x, out.sizes)];
  },
  transpose: (b, { in: [x], attrs: { perm } }) => [
    perm.every((axis, i) => axis === i) ? x : b.node("Transpose", [x.name], [ints("perm", perm)]),
  ],
  broadcast: (b, { in: [x], out: [out] }) => [
    sameSizes(x.sizes, out.sizes) ? x : b.node("Expand", [x.name, b.shape(expandTarget(x.sizes, out.sizes))]),
  ],
  slice: (b, { in: [x], attrs, sized }) => {
    const starts = listAttr(sized, "starts", attrs.starts);
    const ends = listAttr(sized, "ends", attrs.ends);
    const steps = listAttr(sized, "steps", attrs.steps);
    const cut = x.sizes.flatMap((size, i) => {
      const whole = fixedSize(starts[i]) === 0 && fixedSize(difference(ends[i], size)) === 0 && steps[i] === 1;
      return whole ? [] : [i];
    });
    if (cut.length === 0) return [x];
    const pick = (bounds: readonly Size[]): string => b.shape(cut.map((axis) => bound(bounds[axis], x.sizes[axis])));
    const make = (): string =>
      b.node("Slice", [x.name, pick(starts), pick(ends), b.int64(cut), b.shape(cut.map((axis) => steps[axis]))]);
    const rows = cut.length === 1 && cut[0] === 0 && steps[0] === 1 ? rowsOf(x, starts[0], ends[0]) : undefined;
    return [rows ? { rows, make } : make()];
  },
  concat: (b, { in: parts, attrs: { axis } }) => {
    const filled = parts.filter((part) => !isEmpty(part.sizes));
    return [
      joinedDirections(b, filled, axis) ??
        b.concat(axis === 0 ? joinedRows(b, filled) : filled.map((part) => part.name), axis),
    ];
  },
  pad: (b, { in: [x], attrs, sized, out: [out] }) => {
    if (isEmpty(x.sizes)) return [b.filled(attrs.value, out)];
    if (sameSizes(x.sizes, out.sizes)) return [x];
    const widths = [...listAttr(sized, "before", attrs.before), ...listAttr(sized, "after", attrs.after)];
    return [b.node("Pad", [x.name, b.shape(widths), b.scalar(attrs.value, x.dtype)])];
  },
  /** Slice with steps of -1, from the last element to before the first. */
  flip: (b, { in: [x], attrs: { axes } }) => {
    if (axes.length === 0) return [x];
    const starts = b.int64(axes.map(() => -1));
    const ends = b.int64(axes.map((axis) => -(fixedSize(x.sizes[axis]) ?? farEnd) - 1));
    return [b.node("Slice", [x.name, starts, ends, b.int64(axes), b.int64(axes.map(() => -1))])];
  },
  /** In ONNX an index from -size to -1 counts from the end, where the op table calls it out of range. */
  gather: (b, { in: [x, indices], attrs: { axis } }) => [b.node("Gather", [x.name, indices.name], [int("axis", axis)])],
  /** ScatterElements with one index per element of `updates`. Negative indices as in gather. */
  scatterAdd: (b, { in: [base, indices, updates], attrs: { axis } }) => {
    if (base.dtype === "bool") {
      throw new CannotLower("ONNX adds numbers only, base is bool", 'cast it first: x.cast("int32")');
    }
    const count = productOf(indices.sizes);
    if (isEmpty(updates.sizes)) return [base];
    const spread = base.sizes.map((size, i) => (i === axis ? count : size));
    const alone = base.sizes.map((_, i) => (i === axis ? count : 1));
    const rows = reshaped(b, updates, spread);
    const along = reshaped(b, indices, alone);
    const each = sameSizes(alone, spread) ? along : b.node("Expand", [along, b.shape(expandTarget(alone, spread))]);
    return [b.node("ScatterElements", [base.name, each, rows], [int("axis", axis), string("reduction", "add")])];
  },
};

function reshaped(b: ModelBuilder, x: Operand, sizes: readonly Size[]): string {
  return sameSizes(x.sizes, sizes) ? x.name : b.reshapeTo(x, sizes);
}

/** Expand's second input: 1 keeps a size that need not be computed. */
function expandTarget(from: readonly Size[], to: readonly Size[]): readonly Size[] {
  const lead = to.length - from.length;
  return to.map((size, i) => {
    const kept = i >= lead && fixedSize(size) === null && sameSizes([from[i - lead]], [size]);
    return kept ? 1 : size;
  });
}

/** A bound of a slice counted from the end, where that is a fixed number and counted from the start it is not. */
function bound(place: Size, size: Size): Size {
  const fixed = fixedSize(place);
  if (fixed !== null) return fixed;
  const fromEnd = fixedSize(difference(place, size));
  if (fromEnd === null || fromEnd > 0) return place;
  return fromEnd === 0 ? farEnd : fromEnd;
}
