import type { Attrs, PrimitiveOp, Shape } from "@unrolled/backend";
import { create, run } from "../engine.js";
import {
  cast,
  cos,
  div,
  equal,
  exp,
  greater,
  less,
  lessEqual,
  log,
  logicalAnd,
  mul,
  neg,
  pow,
  sign,
  sin,
  sub,
  where,
} from "../ops/elementwise.js";
import { indexAdd, indexSelect } from "../ops/indexing.js";
import { broadcastTo, flip, type Range, reshape, slice, transpose } from "../ops/movement.js";
import { zerosOf } from "../ops/zeros.js";
import { primitives } from "../primitives.js";
import type { Tensor } from "../tensor.js";
import { sumTo } from "./sum-to.js";

/** What a gradient may read. `x` holds the inputs and `y` the output where the op saves them. */
export interface GradientContext<K extends PrimitiveOp> {
  readonly attrs: Attrs<K>;
  readonly x: readonly Tensor[];
  readonly y: Tensor;
  readonly shapes: readonly Shape[];
  readonly wanted: readonly boolean[];
}

type Gradient<K extends PrimitiveOp> = (g: Tensor, context: GradientContext<K>) => readonly (Tensor | null)[];

const zeroGradient = (g: Tensor): Tensor => zerosOf(g.backend, g.shape, g.dtype);

/** At ties both sides get half. */
function extremum(chosen: (a: Tensor, b: Tensor) => Tensor): Gradient<PrimitiveOp> {
  return (g, { x: [a, b], shapes, wanted }) => {
    const half = mul(g, 0.5);
    const tie = equal(a, b);
    const share = (wins: Tensor): Tensor => where(wins, g, where(tie, half, 0));
    return [
      wanted[0] ? sumTo(share(chosen(a, b)), shapes[0]) : null,
      wanted[1] ? sumTo(share(chosen(b, a)), shapes[1]) : null,
    ];
  };
}

/** A reduction's gradient with the reduced dimensions put back at size 1. */
function restoreDims(t: Tensor, axes: readonly number[], keepDims: boolean, shape: Shape): Tensor {
  return keepDims
    ? t
    : reshape(
        t,
        shape.map((size, i) => (axes.includes(i) ? 1 : size)),
      );
}

function leftGradient(g: Tensor, b: Tensor, { transA, transB }: Attrs<"matmul">): Tensor {
  return transA
    ? run(primitives.matmul, [b, g], { transA: transB, transB: true })
    : run(primitives.matmul, [g, b], { transA: false, transB: !transB });
}

function rightGradient(g: Tensor, a: Tensor, { transA, transB }: Attrs<"matmul">): Tensor {
  return transB
    ? run(primitives.matmul, [g, a], { transA: true, transB: transA })
    : run(primitives.matmul, [a, g], { transA: !transA, transB: false });
}

/** A reduction's gradient as it broadcasts to the shape before: leading dimensions need not be put back. */
function alignedForBroadcast(g: Tensor, { axes, keepDims }: Attrs<"sum">, shape: Shape): Tensor {
  return axes.every((axis, i) => axis === i) ? g : restoreDims(g, axes, keepDims, shape);
}

function sliceGradient(g: Tensor, shape: Shape, { starts, ends, steps }: Attrs<"slice">): Tensor {
  let out = g;
  const after = new Array<number>(shape.length);
  let padded = false;
  for (let axis = 0; axis < shape.length; axis++) {
    after[axis] = shape[axis] - ends[axis];
    if (starts[axis] !== 0 || after[axis] !== 0) padded = true;
    if (steps[axis] !== 1) out = spreadOut(out, axis, ends[axis] - starts[axis], steps[axis], g.shape[axis]);
  }
  return padded ? run(primitives.pad, [out], { before: starts, after, value: 0 }) : out;
}

/** The elements along an axis `step` apart, with zeros between. */
function spreadOut(x: Tensor, axis: number, span: number, step: number, count: number): Tensor {
  const indices = mul(create("iota", x.backend, { length: count, dtype: "int32" }), step);
  const shape = x.shape.map((size, i) => (i === axis ? span : size));
  return indexAdd(zerosOf(x.backend, shape, x.dtype), indices, x, axis);
}

/**
 * The vector-Jacobian product of every primitive, written in core ops, so that gradients can be differentiated and traced.
 * What each may read of its inputs and output is declared in `saves`.
 */
export const gradients: { readonly [K in PrimitiveOp]: Gradient<K> | null } = {
  neg: (g) => [neg(g)],
  abs: (g, { x: [x] }) => [mul(g, sign(x))],
  sign: (g) => [zeroGradient(g)],
  exp: (g, { y }) => [mul(g, y)],
  log: (g, { x: [x] }) => [div(g, x)],
  sqrt: (g, { y }) => [div(mul(g, 0.5), y)],
  sin: (g, { x: [x] }) => [mul(g, cos(x))],
  cos: (g, { x: [x] }) => [neg(mul(g, sin(x)))],
  tanh: (g, { y }) => [mul(g, sub(1, mul(y, y)))],
  sigmoid: (g, { y }) => [mul(mul(g, y), sub(1, y))],
  relu: (g, { y }) => [where(greater(y, 0), g, 0)],
  erf: (g, { x: [x] }) => [mul(mul(g, exp(neg(mul(x, x)))), 2 / Math.sqrt(Math.PI))],

  add: (g, { shapes, wanted }) => [wanted[0] ? sumTo(g, shapes[0]) : null, wanted[1] ? sumTo(g, shapes[1]) : null],
  sub: (g, { shapes, wanted }) => [wanted[0] ? sumTo(g, shapes[0]) : null, wanted[1] ? neg(sumTo(g, shapes[1])) : null],
  mul: (g, { x, shapes, wanted }) => {
    if (x[0] === x[1]) return [mul(mul(g, 2), x[0]), null]; // a square
    return [wanted[0] ? sumTo(mul(g, x[1]), shapes[0]) : null, wanted[1] ? sumTo(mul(g, x[0]), shapes[1]) : null];
  },
  div: (g, { x: [a, b], shapes, wanted }) => [
    wanted[0] ? sumTo(div(g, b), shapes[0]) : null,
    wanted[1] ? neg(sumTo(div(mul(g, div(a, b)), b), shapes[1])) : null,
  ],
  pow: (g, { x: [a, b], y, shapes, wanted }) => {
    const da = (): Tensor => where(equal(b, 0), 0, mul(b, pow(a, sub(b, 1))));
    const flat = (): Tensor => logicalAnd(equal(a, 0), lessEqual(0, b));
    const db = (): Tensor => where(flat(), 0, mul(y, log(where(equal(a, 0), 1, a))));
    const undefinedAt = (): Tensor => logicalAnd(equal(a, 0), less(b, 0));
    return [
      wanted[0] ? sumTo(mul(g, da()), shapes[0]) : null,
      wanted[1] ? sumTo(mul(g, where(undefinedAt(), Number.NEGATIVE_INFINITY, db())), shapes[1]) : null,
    ];
  },
  maximum: extremum((a, b) => greater(a, b)),
  minimum: extremum((a, b) => less(a, b)),
  equal: null,
  less: null,
  where: (g, { x: [condition], shapes, wanted }) => [
    null,
    wanted[1] ? sumTo(where(condition, g, 0), shapes[1]) : null,
    wanted[2] ? sumTo(where(condition, 0, g), shapes[2]) : null,
  ],

  sum: (g, { attrs, shapes }) => [broadcastTo(alignedForBroadcast(g, attrs, shapes[0]), shapes[0])],
  max: (g, { x: [x], y, attrs: { axes, keepDims }, shapes: [shape] }) => {
    const highest = restoreDims(y, axes, keepDims, shape);
    const chosen = where(equal(x, highest), onesLike(x), 0);
    const count = run(primitives.sum, [chosen], { axes, keepDims: true });
    return [mul(chosen, div(restoreDims(g, axes, keepDims, shape), count))];
  },
  argmax: null,
  cumsum: (g, { attrs: { axis, reverse } }) => [run(primitives.cumsum, [g], { axis, reverse: !reverse })],

  matmul: (g, { x, attrs, shapes, wanted }) => [
    wanted[0] ? sumTo(leftGradient(g, x[1], attrs), shapes[0]) : null,
    wanted[1] ? sumTo(rightGradient(g, x[0], attrs), shapes[1]) : null,
  ],

  reshape: (g, { shapes: [shape] }) => [reshape(g, shape)],
  transpose: (g, { attrs: { perm } }) => [
    transpose(
      g,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  ],
  broadcast: (g, { shapes: [shape] }) => [sumTo(g, shape)],
  slice: (g, { attrs, shapes: [shape] }) => [sliceGradient(g, shape, attrs)],
  concat: (g, { attrs: { axis }, shapes, wanted }) => {
    let start = 0;
    return shapes.map((shape, i) => {
      const from = start;
      start += shape[axis];
      const cut = g.shape.map((_, d): Range => (d === axis ? [from, from + shape[axis]] : null));
      return wanted[i] ? slice(g, ...cut) : null;
    });
  },
  pad: (g, { attrs: { before }, shapes: [shape] }) => [
    slice(g, ...shape.map((size, i): Range => [before[i], before[i] + size])),
  ],
  flip: (g, { attrs: { axes } }) => [flip(g, axes)],
  gather: (g, { x: [, indices], attrs: { axis }, shapes: [shape] }) => [
    indexAdd(zerosOf(g.backend, shape, g.dtype), indices, g, axis),
    null,
  ],
  scatterAdd: (g, { x: [, indices], attrs: { axis }, wanted }) => [
    wanted[0] ? g : null,
    null,
    wanted[2] ? indexSelect(g, indices, axis) : null,
  ],
  cast: (g) => [cast(g, g.dtype === "float32" ? "float64" : "float32")],
  fill: null,
  iota: null,
};

function onesLike(x: Tensor): Tensor {
  return create("fill", x.backend, { shape: x.shape, value: 1, dtype: x.dtype });
}
