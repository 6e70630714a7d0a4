import { isFloat, normalizeAxes, sameShape, sizeOf } from "@unrolled/backend";
import type { ImportCall, Importer, Importers } from "../import-call.js";
import { allocateElements, CannotImport, type Operand } from "../operand.js";
import { number } from "./elementwise.js";

/** Axes as an attribute or (from opset 13 for sums, 18 for others) an input; all where none are given. */
const reduction = (
  reduce: (c: ImportCall, x: Operand, axes: readonly number[], keepDims: boolean) => Operand,
): Importer => ({
  inputs: [1, 2],
  build: (c) => {
    const x = c.in(0);
    const given = c.axes(1) ?? [];
    const keepDims = c.flag("keepdims", true);
    if (c.flag("noop_with_empty_axes", false) && given.length === 0) return [x];
    const axes = normalizeAxes(c.where, given.length === 0 ? undefined : given, x.shape.length);
    return [reduce(c, x, axes, keepDims)];
  },
});

export function mean(c: ImportCall, x: Operand, axes: readonly number[], keepDims: boolean): Operand {
  const count = sizeOf(axes.map((axis) => x.shape[axis]));
  return c.b.apply("div", [c.b.apply("sum", [x], { axes, keepDims }), c.b.filled(count, [], x.type)], {});
}

/** Sizes are multiplied so; other products are not differentiable by ops of the table. */
function product(c: ImportCall, x: Operand, axes: readonly number[], keepDims: boolean): Operand {
  const { constant } = x;
  if (!constant || isFloat(x.dtype) || axes.length < x.shape.length)
    throw new CannotImport("multiplies other than all elements of integers known before the run");
  const data = allocateElements(x.type, 1).fill(Array.from(constant.data).reduce((all, value) => all * value, 1));
  return c.b.constant({ shape: keepDims ? x.shape.map(() => 1) : [], type: x.type, data });
}

/** With the mean and variance that it is given, as in inference; channels are the second dimension. */
function batchNormalization(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const epsilon = c.float("epsilon", 1e-5);
  c.float("momentum", 0.9);
  if (!c.flag("spatial", true)) throw new CannotImport("spatial 0: one mean and variance a channel is known");
  if (c.flag("training_mode", false)) throw new CannotImport("training_mode is on; export the model for inference");
  if (x.shape.length < 2) throw c.broken(`normalises rank ${x.shape.length}`, "give [batch, channels, ...]");
  const channels = (i: number): Operand => {
    const operand = c.in(i);
    if (operand.shape.length !== 1 || operand.shape[0] !== x.shape[1])
      throw c.broken(`has input ${i} of [${operand.shape.join(", ")}]`, `it must be [${x.shape[1]}]`);
    return c.b.apply("reshape", [operand], { shape: x.shape.map((size, axis) => (axis === 1 ? size : 1)).slice(1) });
  };
  const [scale, bias, average, variance] = [1, 2, 3, 4].map(channels);
  const deviation = c.b.apply("sqrt", [c.b.apply("add", [variance, number(c, epsilon, x)], {})], {});
  const normal = c.b.apply("div", [c.b.apply("sub", [x, average], {}), deviation], {});
  return [c.b.apply("add", [c.b.apply("mul", [normal, scale], {}), bias], {})];
}

function argMax(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const axis = c.axis(0, x.shape.length);
  if (c.flag("select_last_index", false))
    throw new CannotImport("select_last_index = 1: argmax picks the first of equals");
  return [c.b.retyped(c.b.apply("argmax", [x], { axis, keepDims: c.flag("keepdims", true) }), "int64")];
}

function cumSum(c: ImportCall): readonly Operand[] {
  const [axis] = normalizeAxes(c.where, c.integers(1, "axis"), c.in(0).shape.length);
  if (axis === undefined) throw c.broken("has no axis", "give one");
  if (c.flag("exclusive", false)) throw new CannotImport("exclusive = 1: cumsum includes the element itself");
  return [c.b.apply("cumsum", [c.in(0)], { axis, reverse: c.flag("reverse", false) })];
}

/** The one axis, or null where more are taken together. */
function oneAxis(c: ImportCall): number | null {
  const { length } = c.in(0).shape;
  if (c.opset >= 13) return c.axis(-1, length);
  const first = c.axis(1, length);
  return first === length - 1 ? first : null;
}

function shifted(c: ImportCall): { x: Operand; sum: Operand; exp: Operand } {
  const { shape } = c.in(0);
  // Before opset 13 all axes from the given one on are taken together.
  const axes = c.opset < 13 ? shape.map((_, i) => i).slice(c.axis(1, shape.length)) : [c.axis(-1, shape.length)];
  const largest = c.b.apply("max", [c.in(0)], { axes, keepDims: true });
  const x = c.b.apply("sub", [c.in(0), largest], {});
  const exp = c.b.apply("exp", [x], {});
  return { x, exp, sum: c.b.apply("sum", [exp], { axes, keepDims: true }) };
}

function softmax(c: ImportCall): readonly Operand[] {
  const axis = oneAxis(c);
  if (axis !== null) return [c.b.apply("softmax", [c.in(0)], { axis })];
  const { exp, sum } = shifted(c);
  return [c.b.apply("div", [exp, sum], {})];
}

function logSoftmax(c: ImportCall): readonly Operand[] {
  const axis = oneAxis(c);
  if (axis !== null) return [c.b.apply("logSoftmax", [c.in(0)], { axis })];
  const { x, sum } = shifted(c);
  return [c.b.apply("sub", [x, c.b.apply("log", [sum], {})], {})];
}

/** Over the axes from `axis` on; the second and third outputs are the mean and 1 / standard deviation. */
function layerNormalization(c: ImportCall): readonly Operand[] {
  const x = c.in(0);
  const first = c.axis(-1, x.shape.length);
  const epsilon = c.float("epsilon", 1e-5);
  if (c.int("stash_type", 1) !== 1) throw new CannotImport("stash_type other than float32");
  const [scale, bias] = [c.in(1), c.optional(2)];
  const normalised = x.shape.slice(first);
  const fits = [scale, bias].every((own) => own === null || sameShape(own.shape, normalised));
  if (fits && c.outputs.slice(1).every((name) => name === ""))
    return [c.b.apply("layerNorm", [x, scale, bias], { axis: first, eps: epsilon })];
  const axes = x.shape.map((_, i) => i).slice(first);
  const average = mean(c, x, axes, true);
  const centred = c.b.apply("sub", [x, average], {});
  const variance = mean(c, c.b.apply("mul", [centred, centred], {}), axes, true);
  const deviation = c.b.apply("sqrt", [c.b.apply("add", [variance, number(c, epsilon, x)], {})], {});
  const scaled = c.b.apply("mul", [c.b.apply("div", [centred, deviation], {}), scale], {});
  const y = bias ? c.b.apply("add", [scaled, bias], {}) : scaled;
  return [y, average, c.b.apply("div", [number(c, 1, x), deviation], {})];
}

export const reductions: Importers = {
  ReduceSum: reduction((c, x, axes, keepDims) => c.b.apply("sum", [x], { axes, keepDims })),
  ReduceMax: reduction((c, x, axes, keepDims) => c.b.apply("max", [x], { axes, keepDims })),
  ReduceMean: reduction(mean),
  ReduceMin: reduction((c, x, axes, keepDims) => {
    const least = c.b.apply("max", [c.b.apply("neg", [x], {})], { axes, keepDims });
    return c.b.apply("neg", [least], {});
  }),
  ReduceSumSquare: reduction((c, x, axes, keepDims) =>
    c.b.apply("sum", [c.b.apply("mul", [x, x], {})], { axes, keepDims }),
  ),
  ReduceL2: reduction((c, x, axes, keepDims) => {
    const sum = c.b.apply("sum", [c.b.apply("mul", [x, x], {})], { axes, keepDims });
    return c.b.apply("sqrt", [sum], {});
  }),
  ReduceProd: reduction(product),
  BatchNormalization: { inputs: [5, 5], build: batchNormalization },
  ArgMax: { inputs: [1, 1], build: argMax },
  CumSum: { inputs: [2, 2], build: cumSum },
  Softmax: { inputs: [1, 1], build: softmax },
  LogSoftmax: { inputs: [1, 1], build: logSoftmax },
  LayerNormalization: { inputs: [2, 3], build: layerNormalization },
};
