import { type Attrs, type Meta, type Op, type Shape, sizeOf, stridesOf, type TypedArray } from "@unrolled/backend";
import { allocateElements, type ElementType, type HostConstant } from "./operand.js";

/** Integer results larger than this are left to the graph, so that a short file cannot ask for much memory. */
const largestFold = 65536;

/** Shape arithmetic of exporters: integers only, whose results are exact. */
const arithmetic: { readonly [K in Op]?: (...x: number[]) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  equal: (a, b) => (a === b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  where: (condition, a, b) => (condition ? a : b),
};

/**
 * The result of an op of which every input is known, or null where it is left to the graph. Movements are folded for all
 * types as long as they do not grow; arithmetic for integers.
 */
export function fold<K extends Op>(
  op: K,
  inputs: readonly HostConstant[],
  attrs: Attrs<K>,
  out: Meta,
  type: ElementType,
): HostConstant | null {
  const count = sizeOf(out.shape);
  const known = inputs.reduce((sum, x) => sum + x.data.length, 0);
  const integers = type !== "float32" && type !== "float64" && inputs.every(({ type: t }) => !t.startsWith("float"));
  const done = (data: TypedArray): HostConstant => ({ shape: out.shape, type, data });
  if (count <= Math.max(known, integers ? largestFold : 0)) {
    const moved = move(op, inputs, attrs as Attrs<Op>, out.shape, type);
    if (moved) return done(moved);
  }
  const compute = arithmetic[op];
  if (!compute || !integers || count > largestFold) return null;
  const data = allocateElements(type, count);
  const reads = inputs.map((x) => broadcastReader(x.shape, out.shape));
  for (let i = 0; i < count; i++) data[i] = compute(...inputs.map((x, k) => x.data[reads[k](i)]));
  return done(data);
}

function move(
  op: Op,
  inputs: readonly HostConstant[],
  attrs: Attrs<Op>,
  shape: Shape,
  type: ElementType,
): TypedArray | null {
  const count = sizeOf(shape);
  const data = allocateElements(type, count);
  const copy = (read: (flat: number) => number): TypedArray => {
    for (let i = 0; i < count; i++) data[i] = inputs[0].data[read(i)];
    return data;
  };
  if (op === "reshape") return copy((i) => i);
  if (op === "broadcast") return copy(broadcastReader(inputs[0].shape, shape));
  if (op === "cast") return integerCast(inputs[0], type) ? copy((i) => i) : null;
  if (op === "transpose") {
    const { perm } = attrs as Attrs<"transpose">;
    const strides = stridesOf(inputs[0].shape);
    return copy(
      strided(
        shape,
        perm.map((axis) => strides[axis]),
      ),
    );
  }
  if (op === "slice") {
    const { starts, steps } = attrs as Attrs<"slice">;
    const strides = stridesOf(inputs[0].shape);
    const first = starts.reduce((sum, start, i) => sum + start * strides[i], 0);
    const read = strided(
      shape,
      steps.map((step, i) => step * strides[i]),
    );
    return copy((i) => first + read(i));
  }
  if (op === "gather") return gathered(inputs, (attrs as Attrs<"gather">).axis, data);
  if (op === "concat") return joined(inputs, (attrs as Attrs<"concat">).axis, data);
  if (op === "flip") {
    const { axes } = attrs as Attrs<"flip">;
    const strides = stridesOf(shape);
    const last = axes.reduce((sum, axis) => sum + (shape[axis] - 1) * strides[axis], 0);
    const read = strided(
      shape,
      strides.map((stride, i) => (axes.includes(i) ? -stride : stride)),
    );
    return copy((i) => last + read(i));
  }
  return null;
}

/** A cast that changes no number: an integer to a type that holds it, or bool to any. */
function integerCast({ type, data }: HostConstant, to: ElementType): boolean {
  if (to === type || type === "bool") return true;
  if (type.startsWith("float") || to === "bool") return false;
  const limit = to === "int32" ? 2 ** 31 - 1 : to === "float32" ? 2 ** 24 : Number.MAX_SAFE_INTEGER;
  return data.every((value) => Math.abs(value) <= limit);
}

function strided(shape: Shape, strides: readonly number[]): (flat: number) => number {
  return (flat) => {
    let rest = flat;
    let at = 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      at += (rest % shape[i]) * strides[i];
      rest = Math.floor(rest / shape[i]);
    }
    return at;
  };
}

function broadcastReader(from: Shape, to: Shape): (flat: number) => number {
  const own = stridesOf(from);
  const lead = to.length - from.length;
  return strided(
    to,
    to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : own[i - lead])),
  );
}

function gathered([x, indices]: readonly HostConstant[], axis: number, data: TypedArray): TypedArray {
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices.data) {
      const from = (o * x.shape[axis] + index) * inner;
      data.set(x.data.subarray(from, from + inner), at);
      at += inner;
    }
  }
  return data;
}

function joined(inputs: readonly HostConstant[], axis: number, data: TypedArray): TypedArray {
  const outer = sizeOf(inputs[0].shape.slice(0, axis));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const x of inputs) {
      const block = x.data.length / outer;
      data.set(x.data.subarray(o * block, (o + 1) * block), at);
      at += block;
    }
  }
  return data;
}
