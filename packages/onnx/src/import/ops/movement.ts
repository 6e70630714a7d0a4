import {
  broadcastShapes,
  isFloat,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sizeOf,
  stridesOf,
} from "@unrolled/backend";
import type { ImportCall, Importers } from "../import-call.js";
import { allocateElements, CannotImport, type Operand } from "../operand.js";

function reshaped(c: ImportCall, x: Operand, shape: Shape): Operand {
  return c.b.apply("reshape", [x], { shape });
}

/** 0 keeps the size (unless allowzero), one -1 takes what is left; of an empty tensor, what is left beside the sizes kept. */
function reshape(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const keepZero = c.flag("allowzero", false);
  const asked = c.integers(1, "the shape");
  const isKept = (i: number): boolean => asked[i] === 0 && !keepZero;
  const sizes = asked.map((size, i) => (isKept(i) ? (x.shape[i] ?? -2) : size));
  const rest = sizes.indexOf(-1);
  if (rest >= 0) {
    const others = sizeOf(sizes.filter((_, i) => i !== rest && !isKept(i)));
    const left = sizeOf(x.shape.filter((_, i) => !isKept(i)));
    sizes[rest] = others === 0 ? 0 : left / others;
  }
  return [reshaped(c, x, sizes)];
}

function transpose(c: ImportCall): readonly Operand[] {
  const reversed = c
    .in(0)
    .shape.map((_, i) => i)
    .reverse();
  return [c.b.apply("transpose", [c.in(0)], { perm: c.ints("perm", reversed) })];
}

function expand(c: ImportCall): readonly Operand[] {
  const shape = broadcastShapes(c.where, c.in(0).shape, c.integers(1, "the shape"));
  return [c.b.apply("broadcast", [c.in(0)], { shape })];
}

/** Bounds are cut to the tensor; a negative step takes the same elements forwards, then flips them. */
function slice(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const old = c.opset < 10;
  const from = old ? c.ints("starts", []) : c.integers(1, "the starts");
  const to = old ? c.ints("ends", []) : c.integers(2, "the ends");
  const every = from.map((_, i) => i);
  const given = old ? c.ints("axes", every) : c.optional(3) ? c.integers(3, "the axes") : every;
  const step = c.optional(4) ? c.integers(4, "the steps") : from.map(() => 1);
  if (to.length !== from.length || given.length !== from.length || step.length !== from.length)
    throw c.broken("has starts, ends, axes and steps of different lengths", "give one of each an axis");
  const starts = x.shape.map(() => 0);
  const ends = [...x.shape];
  const steps = x.shape.map(() => 1);
  const flipped: number[] = [];
  const axes = given.map((axis) => normalizeAxis(c.where, axis, x.shape.length));
  if (new Set(axes).size !== axes.length) throw c.broken("slices an axis twice", "name each axis once");
  axes.forEach((axis, i) => {
    const size = x.shape[axis];
    const cut = (at: number, low: number, high: number): number =>
      Math.min(Math.max(at < 0 ? at + size : at, low), high);
    const by = step[i];
    if (by === 0) throw c.broken("has a step of 0", "use a step that is not 0");
    const back = by < 0;
    const start = back ? cut(from[i], -1, size - 1) : cut(from[i], 0, size);
    const end = back ? cut(to[i], -1, size - 1) : cut(to[i], 0, size);
    const count = Math.max(0, Math.ceil((end - start) / by));
    const last = start + (count - 1) * by;
    starts[axis] = count === 0 ? 0 : Math.min(start, last);
    ends[axis] = count === 0 ? 0 : Math.max(start, last) + 1;
    steps[axis] = Math.min(Math.abs(by), 2 ** 31 - 1);
    if (back && count > 1) flipped.push(axis);
  });
  const picked = c.b.apply("slice", [x], { starts, ends, steps });
  return [flipped.length === 0 ? picked : c.b.apply("flip", [picked], { axes: flipped.sort((p, q) => p - q) })];
}

function split(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const axis = c.axis(0, x.shape.length);
  const size = x.shape[axis];
  const parts = c.int("num_outputs", c.outputs.length);
  if (parts !== c.outputs.length) throw c.broken(`has num_outputs = ${parts}`, `it names ${c.outputs.length} outputs`);
  const each = Math.ceil(size / parts);
  const listed = c.has("split") ? c.ints("split", []) : c.optional(1) ? c.integers(1, "the sizes") : null;
  const sizes = listed ?? c.outputs.map((_, i) => Math.max(0, Math.min(each, size - i * each)));
  if (sizes.length !== c.outputs.length || sizes.reduce((sum, part) => sum + part, 0) !== size)
    throw c.broken(`splits ${size} into ${sizes.join(", ")}`, "give one size an output, which add up");
  let at = 0;
  return sizes.map((part) => {
    const starts = x.shape.map((_, i) => (i === axis ? at : 0));
    at += part;
    const ends = x.shape.map((whole, i) => (i === axis ? at : whole));
    return c.b.apply("slice", [x], { starts, ends, steps: x.shape.map(() => 1) });
  });
}

function pad(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const rank = x.shape.length;
  const mode = c.string("mode", "constant");
  if (mode !== "constant") throw new CannotImport(`mode ${mode}: only constant padding is known`);
  const old = c.opset < 11;
  const widths = old ? c.ints("pads", []) : c.integers(1, "the widths");
  const axes = (c.optional(3) ? c.integers(3, "the axes") : x.shape.map((_, i) => i)).map((axis) =>
    normalizeAxis(c.where, axis, rank),
  );
  if (widths.length !== 2 * axes.length) throw c.broken(`has ${widths.length} widths`, `give ${2 * axes.length}`);
  if (widths.some((width) => width < 0)) throw new CannotImport("negative padding");
  const [before, after] = [x.shape.map(() => 0), x.shape.map(() => 0)];
  axes.forEach((axis, i) => {
    before[axis] = widths[i];
    after[axis] = widths[i + axes.length];
  });
  const value = old ? c.float("value", 0) : c.optional(2) ? c.known(2, "the padding value").data[0] : 0;
  if (value === undefined) throw c.broken("has an empty padding value", "give one number");
  return [c.b.apply("pad", [x], { before, after, value })];
}

/** Known indices below 0 count from the end. */
function gatherIndices(c: ImportCall, size: number): Operand {
  const indices = c.in(1);
  if (indices.type !== "int64" && indices.type !== "int32")
    throw c.broken(`has indices of type ${indices.type}`, "use int64 or int32");
  if (!indices.constant) return indices;
  const { shape, data } = indices.constant;
  const outside = data.find((index) => index < -size || index >= size);
  if (outside !== undefined) throw c.broken(`picks element ${outside} of ${size}`, "use an index inside");
  return c.b.constant({ shape, type: "int32", data: Int32Array.from(data, (i) => (i < 0 ? i + size : i)) });
}

function gather(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const axis = c.axis(0, x.shape.length);
  const indices = c.in(1);
  // One known place is a slice, which may depend on a size, such as the last step of a sequence.
  if (indices.constant?.data.length === 1 && (!x.constant || isFloat(x.dtype))) {
    const [at] = gatherIndices(c, x.shape[axis]).constant?.data ?? [0];
    const starts = x.shape.map((_, i) => (i === axis ? at : 0));
    const ends = x.shape.map((size, i) => (i === axis ? at + 1 : size));
    const one = c.b.apply("slice", [x], { starts, ends, steps: x.shape.map(() => 1) });
    return [reshaped(c, one, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)])];
  }
  return [c.b.apply("gather", [c.in(0), gatherIndices(c, c.in(0).shape[axis])], { axis })];
}

const largestScatter = 2 ** 24;

/** One index an element: the tensors are laid flat, and index i along the axis becomes offset + i * stride. */
function scatterElements(c: ImportCall): readonly Operand[] {
  const [base, updates] = [c.in(0), c.in(2)];
  const axis = c.axis(0, base.shape.length);
  const reduction = c.string("reduction", "none");
  if (reduction !== "add") throw new CannotImport(`reduction ${reduction}: only add is known`);
  if (sizeOf(base.shape) > largestScatter) throw new CannotImport(`more than ${largestScatter} elements`);
  const indices = c.b.retyped(gatherIndices(c, base.shape[axis]), "int32");
  const { shape } = indices;
  if (shape.length !== base.shape.length || shape.some((size, i) => i !== axis && size > base.shape[i]))
    throw c.broken("has indices that do not fit its data", "use the same rank, and no larger sizes");
  const count = sizeOf(shape);
  if (count > largestScatter) throw new CannotImport(`more than ${largestScatter} indices`);
  const strides = stridesOf(base.shape);
  let offset = c.b.scalar(0, "int32");
  shape.forEach((size, i) => {
    if (i === axis) return;
    const steps = c.b.apply(
      "mul",
      [c.b.apply("iota", [], { length: size, dtype: "int32" }), c.b.scalar(strides[i], "int32")],
      {},
    );
    const along = reshaped(
      c,
      steps,
      shape.map((_, k) => (k === i ? size : 1)),
    );
    offset = c.b.apply("add", [offset, along], {});
  });
  const places = c.b.apply("add", [c.b.apply("mul", [indices, c.b.scalar(strides[axis], "int32")], {}), offset], {});
  const flat = c.b.apply(
    "scatterAdd",
    [reshaped(c, base, [sizeOf(base.shape)]), reshaped(c, places, [count]), reshaped(c, updates, [count])],
    { axis: 0 },
  );
  return [reshaped(c, flat, base.shape)];
}

function squeeze(c: ImportCall): readonly Operand[] {
  const { shape } = c.in(0);
  const given = c.axes(1);
  const axes = given
    ? normalizeAxes(c.where, given, shape.length)
    : shape.flatMap((size, i) => (size === 1 ? [i] : []));
  const wide = axes.find((axis) => shape[axis] !== 1);
  if (wide !== undefined) throw c.broken(`squeezes axis ${wide} of size ${shape[wide]}`, "only a size of 1 goes away");
  return [
    reshaped(
      c,
      c.in(0),
      shape.filter((_, i) => !axes.includes(i)),
    ),
  ];
}

function unsqueeze(c: ImportCall): readonly Operand[] {
  const given = c.axes(1);
  if (!given) throw c.broken("has no axes", "give them");
  const sizes = [...c.in(0).shape];
  for (const axis of normalizeAxes(c.where, given, sizes.length + given.length)) sizes.splice(axis, 0, 1);
  return [reshaped(c, c.in(0), sizes)];
}

function flatten(c: ImportCall): readonly Operand[] {
  const { shape } = c.in(0);
  const axis = c.int("axis", 1);
  const at = axis === shape.length ? axis : normalizeAxis(c.where, axis, shape.length);
  return [reshaped(c, c.in(0), [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))])];
}

/** The shape is known, whatever the elements are. */
function shapeOf(c: ImportCall): readonly Operand[] {
  const { shape } = c.in(0);
  const start = c.int("start", 0);
  const end = c.int("end", shape.length);
  return [c.b.integers(shape.slice(start, end))];
}

function size(c: ImportCall): readonly Operand[] {
  const data = allocateElements("int64", 1).fill(sizeOf(c.in(0).shape));
  return [c.b.constant({ shape: [], type: "int64", data })];
}

function concat(c: ImportCall): readonly Operand[] {
  const parts = c.inputs.map((_, i) => c.in(i));
  const other = parts.find(({ type }) => type !== parts[0].type);
  if (other) throw c.broken(`joins ${parts[0].type} and ${other.type}`, "they must be the same");
  return [c.b.apply("concat", parts, { axis: c.axis(null, parts[0].shape.length) })];
}

/** Whole sequences are turned around; parts of them, by lengths, have no counterpart. */
function reverseSequence(c: ImportCall): readonly Operand[] {
  const [x, lengths] = [c.in(0), c.in(1)];
  const [time, batch] = [c.int("time_axis", 0), c.int("batch_axis", 1)].map((axis) =>
    normalizeAxis(c.where, axis, x.shape.length),
  );
  if (lengths.shape.join() !== String(x.shape[batch]))
    throw c.broken(`has lengths [${lengths.shape.join(", ")}]`, `give [${x.shape[batch]}]`);
  const steps = x.shape[time];
  if (lengths.fill !== steps && !lengths.constant?.data.every((length) => length === steps))
    throw new CannotImport("reverses parts of sequences; only whole ones are turned around");
  return [c.b.apply("flip", [x], { axes: [time] })];
}

export const movement: Importers = {
  ReverseSequence: { inputs: [2, 2], build: reverseSequence },
  Reshape: { inputs: [2, 2], build: reshape },
  Transpose: { inputs: [1, 1], build: transpose },
  Expand: { inputs: [2, 2], build: expand },
  Slice: { inputs: [1, 5], build: slice },
  Concat: { inputs: [1, Number.POSITIVE_INFINITY], build: concat },
  Split: { inputs: [1, 2], build: split },
  Pad: { inputs: [1, 4], build: pad },
  Gather: { inputs: [2, 2], build: gather },
  ScatterElements: { inputs: [3, 3], build: scatterElements },
  Squeeze: { inputs: [1, 2], build: squeeze },
  Unsqueeze: { inputs: [1, 2], build: unsqueeze },
  Flatten: { inputs: [1, 1], build: flatten },
  Shape: { inputs: [1, 1], build: shapeOf },
  Size: { inputs: [1, 1], build: size },
};
