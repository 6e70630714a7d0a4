import { sizeOf } from "@unrolled/backend";
import * as core from "@unrolled/core";
import { type Tensor, tensor } from "@unrolled/core";
import { awayFromZero, between, spread } from "./numbers.js";

/** One function to differentiate, and the float64 inputs at which to do it. */
export interface GradientCase {
  readonly note: string;
  readonly fn: (...xs: Tensor[]) => Tensor;
  readonly inputs: readonly Tensor[];
}

const shapes = [[], [1], [0], [3], [2, 3], [2, 1, 2], [2, 0, 3]];
const pairs = [
  [[], []],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[], [2, 2]],
  [[1], []],
  [
    [0, 3],
    [1, 3],
  ],
  [[1], [2, 0]],
  [
    [2, 1, 3],
    [4, 1],
  ],
];
type Draw = (shape: readonly number[]) => Tensor;
const wide: Draw = (shape) => between(-1.5, 1.5, shape);
const positive: Draw = (shape) => between(0.5, 2, shape);

function one(note: string, fn: (x: Tensor) => Tensor, input: Tensor): GradientCase {
  return { note, fn: fn as GradientCase["fn"], inputs: [input] };
}

function unary(fn: (x: Tensor) => Tensor, draw: Draw = wide): GradientCase[] {
  return shapes.map((shape) => one(`[${shape}]`, fn, draw(shape)));
}

function binary(fn: (a: Tensor, b: Tensor) => Tensor, drawA: Draw = wide, drawB: Draw = drawA): GradientCase[] {
  return pairs.map(([a, b]) => ({
    note: `[${a}] and [${b}]`,
    fn: fn as GradientCase["fn"],
    inputs: [drawA(a), drawB(b)],
  }));
}

type Reduce = (x: Tensor, axes?: number | readonly number[], options?: { readonly keepDims?: boolean }) => Tensor;
function reduction(fn: Reduce, draw: Draw = wide, empty = true): GradientCase[] {
  const list: [number[], number | number[] | undefined][] = [
    [[], undefined],
    [[1], 0],
    [[4], -1],
    [[2, 3], undefined],
    [[2, 3], 0],
    [[2, 3], -1],
    [
      [2, 3, 2],
      [0, -1],
    ],
    [[2, 3, 2], [-2]],
    [[2, 3], []],
    [[3, 0, 2], 0],
    [
      [1, 3, 1],
      [0, 2],
    ],
    ...(empty ? ([[[2, 0], 1]] as [number[], number][]) : []),
  ];
  return list.flatMap(([shape, axes]) =>
    [false, true].map((keepDims) =>
      one(`[${shape}] over ${axes} keepDims ${keepDims}`, (x) => fn(x, axes, { keepDims }), draw(shape)),
    ),
  );
}

function alongAxis(fn: (x: Tensor, axis: number) => Tensor): GradientCase[] {
  const list: [number[], number][] = [
    [[1], 0],
    [[4], -1],
    [[2, 3], 0],
    [[2, 3], 1],
    [[2, 3, 2], -2],
    [[2, 1, 3], 1],
    [[0, 3], 1],
    [[3, 0], 1],
  ];
  return list.map(([shape, axis]) => one(`[${shape}] along ${axis}`, (x) => fn(x, axis), wide(shape)));
}

function matmuls(): GradientCase[] {
  const swapIf = (shape: number[], swap: boolean): number[] =>
    swap ? [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]] : shape;
  const batches: [number[], number[]][] = [
    [[], []],
    [[2], []],
    [[], [2]],
    [[2, 1], [3]],
    [[1], [2]],
    [[0], [1]],
  ];
  const all = batches.flatMap(([a, b]) =>
    [false, true].flatMap((transA) =>
      [false, true].map((transB) => ({
        note: `batches [${a}] and [${b}], transA ${transA}, transB ${transB}`,
        fn: (x: Tensor, y: Tensor) => core.matmul(x, y, { transA, transB }),
        inputs: [wide(swapIf([...a, 2, 3], transA)), wide(swapIf([...b, 3, 4], transB))],
      })),
    ),
  );
  const plain: [number[], number[]][] = [
    [[3], [3]],
    [[3], [3, 2]],
    [[2, 3], [3]],
    [[3], [2, 3, 2]],
    [[2, 2, 3], [3]],
    [
      [2, 0],
      [0, 3],
    ],
    [
      [0, 2],
      [2, 3],
    ],
    [
      [1, 1],
      [1, 1],
    ],
  ];
  return [
    ...all,
    ...plain.map(([a, b]) => ({
      note: `[${a}] x [${b}]`,
      fn: core.matmul as GradientCase["fn"],
      inputs: [wide(a), wide(b)],
    })),
  ] as GradientCase[];
}

/** All parts joined after different functions, so that each has its own cotangent. */
function join(parts: readonly Tensor[]): Tensor {
  return core.concat(
    parts.map((part, i) =>
      part
        .flatten()
        .mul(i + 0.5)
        .sin(),
    ),
  );
}

const condition = tensor([
  [true, false, true],
  [false, false, true],
]);
const repeated = tensor(new Int32Array([2, 0, 2]));
const square = tensor(new Int32Array([0, 1, 1, 0]), { shape: [2, 2] });
const ranges: (readonly core.Range[])[] = [
  [[1, 3]],
  [null, [0, 5, 2]],
  [
    [0, 4, 3],
    [1, 5, 2],
  ],
  [[-1, Number.NEGATIVE_INFINITY, -1]],
  [null, [4, 0, -2]],
  [
    [-2, -4, -1],
    [-1, -6, -3],
  ],
  [[2, 2]],
  [[0, 4]],
];

const sequenceAttrs = { reverse: false };
const lengths = tensor(new Int32Array([3, 1]));
const weights = (gates: number, I = 2, H = 2): Tensor[] => [
  between(-0.7, 0.7, [gates * H, I]),
  between(-0.7, 0.7, [gates * H, H]),
  wide([gates * H]),
  wide([gates * H]),
];
const projectedWeights = (): Tensor[] => [
  between(-0.7, 0.7, [8, 2]),
  between(-0.7, 0.7, [8, 3]),
  wide([8]),
  wide([8]),
  between(-0.7, 0.7, [3, 2]),
];
const state = (): Tensor => wide([2, 2]);
const joined = (out: readonly Tensor[]): Tensor => join(out);

function sequences(): GradientCase[] {
  const x = wide([3, 2, 2]);
  const fused = (note: string, fn: GradientCase["fn"], inputs: readonly Tensor[]): GradientCase => ({
    note,
    fn,
    inputs,
  });
  return [true, false].flatMap((whole) => {
    const l = whole ? null : lengths;
    const attrs = whole ? sequenceAttrs : { reverse: true };
    const how = whole ? "all steps" : "ragged, reverse";
    return [
      fused(
        `rnnSequence, ${how}`,
        (a, h, wi, wh, bi, bh) =>
          joined(core.applyFused("rnnSequence", [a, h, wi, wh, bi, bh, l], { nonlinearity: "tanh", ...attrs })),
        [x, state(), ...weights(1)],
      ),
      fused(
        `lstmSequence, ${how}`,
        (a, h, c, wi, wh, bi, bh) => joined(core.applyFused("lstmSequence", [a, h, c, wi, wh, bi, bh, l, null], attrs)),
        [x, state(), state(), ...weights(4)],
      ),
      fused(
        `lstmSequence projected, ${how}`,
        (a, h, c, wi, wh, bi, bh, wr) =>
          joined(core.applyFused("lstmSequence", [a, h, c, wi, wh, bi, bh, l, wr], attrs)),
        [x, wide([2, 3]), state(), ...projectedWeights()],
      ),
      ...[true, false].map((resetAfter) =>
        fused(
          `gruSequence, ${how}, resetAfter ${resetAfter}`,
          (a, h, wi, wh, bi, bh) =>
            joined(core.applyFused("gruSequence", [a, h, wi, wh, bi, bh, l], { resetAfter, ...attrs })),
          [x, state(), ...weights(3)],
        ),
      ),
    ];
  });
}

const linear = (x: Tensor, w: Tensor, b: Tensor): Tensor => core.applyFused("linear", [x, w, b], {})[0];

/** Every exported function with a gradient, by name. */
export const gradientCases: Readonly<Record<string, readonly GradientCase[]>> = {
  neg: unary(core.neg),
  abs: unary(core.abs, awayFromZero),
  sign: unary(core.sign, awayFromZero),
  exp: unary(core.exp),
  log: unary(core.log, positive),
  sqrt: unary(core.sqrt, positive),
  sin: unary(core.sin),
  cos: unary(core.cos),
  tanh: unary(core.tanh),
  sigmoid: unary(core.sigmoid),
  relu: unary(core.relu, awayFromZero),
  erf: unary(core.erf),
  square: unary(core.square),
  reciprocal: unary(core.reciprocal, positive),
  silu: unary(core.silu),
  cast: [
    ...unary((x) => core.cast(x, "float64").sin()),
    one("from float64 to float64 again", (x) => core.cast(x.mul(2), "float64"), wide([2])),
  ],

  add: binary(core.add),
  sub: binary(core.sub),
  mul: binary(core.mul),
  div: binary(core.div, wide, positive),
  pow: [
    ...binary(core.pow, positive, wide),
    ...[2, 3, 0.5, -1.5, 1, 0].map((n) => one(`exponent ${n}`, (x) => core.pow(x, n), positive([2, 2]))),
    one("a negative base", (x) => core.pow(x, 3), between(-2, -1, [3])),
    one("a number as base", (x) => core.pow(2.5, x), wide([3])),
  ],
  maximum: binary(core.maximum, spread, (shape) => spread(shape).mul(0.7).add(0.01)),
  minimum: binary(core.minimum, spread, (shape) => spread(shape).mul(0.7).add(0.01)),
  where: [
    ...[
      [
        [2, 3],
        [2, 3],
      ],
      [[3], [2, 1]],
      [[], [4, 1, 1]],
    ].map(([a, b]) => ({
      note: `[2, 3], [${a}] and [${b}]`,
      fn: ((x, y) => core.where(condition, x, y)) as GradientCase["fn"],
      inputs: [wide(a), wide(b)],
    })),
    one("a number on the left", (x) => core.where(condition, 2, x), wide([2, 3])),
    one("a number on the right", (x) => core.where(condition, x, -1), wide([1, 3])),
    one("chosen by the input", (x) => core.where(core.greater(x, 0), x.exp(), x.sin()), awayFromZero([5])),
    one("nothing", (x) => core.where(core.greater(x, 0), x, 0), wide([0, 2])),
  ],

  clamp: [
    ...unary(
      (x) => core.clamp(x, { low: -0.55, high: 0.75 }),
      (shape) => spread(shape).mul(10),
    ),
    one("low only", (x) => core.clamp(x, { low: 0 }), spread([7])),
    one("high only", (x) => core.clamp(x, { high: 0 }), spread([7])),
  ],
  softplus: [
    ...unary((x) => core.softplus(x)),
    one("at 0", (x) => core.softplus(x), between(0, 0, [1])),
    one("beyond the threshold", (x) => core.softplus(x, { beta: 2, threshold: 5 }), between(2.6, 4, [3])),
    one("within the threshold", (x) => core.softplus(x, { beta: 2, threshold: 5 }), between(-4, 2.4, [5])),
    one("far out", (x) => core.softplus(x, { threshold: 1000 }), between(-90, 300, [5])),
  ],
  gelu: [...unary((x) => core.gelu(x)), ...unary((x) => core.gelu(x, { approximate: "tanh" }))],
  leakyRelu: [
    ...unary((x) => core.leakyRelu(x), awayFromZero),
    one("slope", (x) => core.leakyRelu(x, 0.3), awayFromZero([4])),
  ],
  elu: [...unary((x) => core.elu(x), awayFromZero), one("alpha", (x) => core.elu(x, 0.3), awayFromZero([4]))],

  sum: reduction(core.sum),
  mean: reduction(core.mean, wide, false),
  max: reduction(core.max, spread, false),
  min: reduction(core.min, spread, false),
  logSumExp: reduction(core.logSumExp, wide, false),
  variance: [
    ...reduction((x, axes, o) => core.variance(x, axes, { ...o, correction: 0 }), wide, false),
    one("unbiased", (x) => core.variance(x, -1), wide([2, 3])),
    one("correction 1.5", (x) => core.variance(x, 0, { correction: 1.5 }), wide([4, 2])),
  ],
  std: [
    one("unbiased", (x) => core.std(x, -1), wide([2, 4])),
    one("population, keepDims", (x) => core.std(x, [0, 1], { correction: 0, keepDims: true }), wide([2, 3, 2])),
    one("all", (x) => core.std(x), wide([5])),
  ],
  norm: [
    ...reduction((x, axes, o) => core.norm(x, axes, o), positive, false),
    ...[0.5, 1, 1.5, 3, 4, Number.POSITIVE_INFINITY].map((p) =>
      one(
        `p ${p}`,
        (x) => core.norm(x, -1, { p }),
        core.mul(core.add(spread([2, 3]), 1), tensor([1, -1, 1], { dtype: "float64" })),
      ),
    ),
  ],
  cumsum: [
    ...alongAxis((x, axis) => core.cumsum(x, axis)),
    ...alongAxis((x, axis) => core.cumsum(x, axis, { reverse: true })),
  ],
  softmax: alongAxis(core.softmax),
  logSoftmax: alongAxis(core.logSoftmax),

  matmul: matmuls(),
  dot: [{ note: "vectors", fn: core.dot as GradientCase["fn"], inputs: [wide([3]), wide([3])] }],
  outer: [{ note: "vectors", fn: core.outer as GradientCase["fn"], inputs: [wide([3]), wide([2])] }],

  reshape: [
    ...unary((x) => core.reshape(x, [sizeOf(x.shape)])),
    one("open size", (x) => core.reshape(x, [3, -1]).sin(), wide([2, 3])),
  ],
  flatten: [
    ...unary((x) => core.flatten(x).sin()),
    one("middle", (x) => core.flatten(x, 1, -2).sin(), wide([2, 2, 3, 1])),
  ],
  unsqueeze: [...unary((x) => core.unsqueeze(x, -1).exp())],
  squeeze: [
    ...unary((x) => core.squeeze(x).exp()),
    one("one axis", (x) => core.squeeze(x, [0, -1]).exp(), wide([1, 2, 1, 1])),
  ],
  transpose: [...unary((x) => core.transpose(x)), one("order", (x) => core.transpose(x, [2, 0, -2]), wide([2, 3, 4]))],
  swapAxes: [
    one("last two", (x) => core.swapAxes(x, -1, -2), wide([2, 3, 4])),
    one("the same", (x) => core.swapAxes(x, 0, 0).exp(), wide([2])),
  ],
  broadcastTo: [
    one("leading", (x) => core.broadcastTo(x, [2, 3]), wide([3])),
    one("inner", (x) => core.broadcastTo(x, [4, -1, 3]), wide([2, 1])),
    one("a scalar", (x) => core.broadcastTo(x, [2, 2]), wide([])),
    one("to nothing", (x) => core.broadcastTo(x, [0, 2]), wide([1, 2])),
  ],
  tile: [
    one("more counts", (x) => core.tile(x, [2, 1, 3]), wide([2, 2])),
    one("fewer counts", (x) => core.tile(x, [2]), wide([2, 2])),
    one("none", (x) => core.tile(x, [0, 1]), wide([2, 2])),
  ],
  slice: ranges.map((range, i) => one(`range ${i}`, (x) => core.slice(x, ...range), wide([4, 5]))),
  narrow: [
    one("middle", (x) => core.narrow(x, -1, 1, 2), wide([2, 4])),
    one("none", (x) => core.narrow(x, 0, 2, 0), wide([2, 4])),
  ],
  select: [
    one("last", (x) => core.select(x, 1, -1), wide([2, 3, 2])),
    one("of a vector", (x) => core.select(x, 0, 1), wide([3])),
  ],
  concat: [
    {
      note: "three, one empty",
      fn: (...xs) => core.concat(xs, -1),
      inputs: [wide([2, 1]), wide([2, 0]), wide([2, 3])],
    },
    { note: "one", fn: (...xs) => core.concat(xs).sin(), inputs: [wide([2])] },
    one("the same twice", (x) => core.concat([x, x.mul(2), x]), wide([2, 2])),
  ],
  stack: [
    { note: "last", fn: (...xs) => core.stack(xs, -1), inputs: [wide([2, 3]), wide([2, 3])] },
    { note: "scalars", fn: (...xs) => core.stack(xs), inputs: [wide([]), wide([])] },
  ],
  pad: [
    one(
      "both sides",
      (x) =>
        core.pad(
          x,
          [
            [1, 0],
            [2, 3],
          ],
          7,
        ),
      wide([2, 2]),
    ),
    one(
      "nothing inside",
      (x) =>
        core.pad(x, [
          [1, 1],
          [0, 2],
        ]),
      wide([0, 1]),
    ),
  ],
  flip: [...unary((x) => core.flip(x)), one("an axis", (x) => core.flip(x, -1), wide([2, 3]))],
  split: [
    one("size 2", (x) => join(core.split(x, 2)), wide([5, 2])),
    one("sizes", (x) => join(core.split(x, [1, 0, 3], -1)), wide([2, 4])),
    one("whole", (x) => join(core.split(x, 9)), wide([3])),
    one("one part used", (x) => core.split(x, 1)[1].exp(), wide([3])),
  ],
  chunk: [one("uneven", (x) => join(core.chunk(x, 2, 1)), wide([2, 5]))],
  unbind: [
    one("rows", (x) => join(core.unbind(x)), wide([3, 2])),
    one("columns", (x) => join(core.unbind(x, -1)), wide([2, 1, 3])),
  ],

  indexSelect: [
    one("repeats", (x) => core.indexSelect(x, repeated), wide([3, 2])),
    one("along the last axis", (x) => core.indexSelect(x, repeated, -1), wide([2, 3])),
    one("by a matrix", (x) => core.indexSelect(x, square, 1), wide([2, 3])),
    one("none", (x) => core.indexSelect(x, tensor(new Int32Array(0))), wide([3])),
    one("one", (x) => core.indexSelect(x, tensor(1, { dtype: "int32" })), wide([3, 2])),
  ],
  indexAdd: [
    { note: "repeats", fn: (x, u) => core.indexAdd(x, repeated, u, 0), inputs: [wide([4, 2]), wide([3, 2])] },
    { note: "by a matrix", fn: (x, u) => core.indexAdd(x, square, u, -1), inputs: [wide([2, 3]), wide([2, 2, 2])] },
  ],

  gather: [
    one("one of each row", (x) => core.gather(x, 1, tensor([[1], [0]], { dtype: "int32" })), wide([2, 3])),
    one(
      "repeats along the first axis",
      (x) =>
        core.gather(
          x,
          0,
          tensor(
            [
              [1, 1],
              [0, 1],
              [1, 0],
            ],
            { dtype: "int32" },
          ),
        ),
      wide([2, 3]),
    ),
    one("three dimensions", (x) => core.gather(x, -2, tensor([[[1], [0], [2]]], { dtype: "int32" })), wide([2, 3, 2])),
  ],

  rnnStep: [
    {
      note: "tanh",
      fn: (x, h, w, b) => core.rnnStep(x, h, w, b, "tanh"),
      inputs: [state(), state(), state(), wide([2])],
    },
    {
      note: "relu, no bias",
      fn: (x, h, w) => core.rnnStep(x, h, w, null, "relu"),
      inputs: [state(), state(), state()],
    },
  ],
  lstmStep: [
    {
      note: "h and c",
      fn: (x, h, c, w, b) => {
        const next = core.lstmStep(x, h, c, w, b);
        return join([next.h, next.c]);
      },
      inputs: [wide([2, 8]), state(), state(), wide([8, 2]), wide([8])],
    },
  ],
  gruStep: [true, false].map((resetAfter) => ({
    note: `resetAfter ${resetAfter}`,
    fn: (x, h, w, b) => core.gruStep(x, h, w, b, resetAfter).h,
    inputs: [wide([2, 6]), state(), wide([6, 2]), wide([6])],
  })),
  applyFused: [
    { note: "linear, batched", fn: linear as GradientCase["fn"], inputs: [wide([2, 1, 3]), wide([4, 3]), wide([4])] },
    { note: "linear, a vector", fn: linear as GradientCase["fn"], inputs: [wide([3]), wide([2, 3]), wide([2])] },
    { note: "linear, nothing", fn: linear as GradientCase["fn"], inputs: [wide([0, 3]), wide([2, 3]), wide([2])] },
    ...sequences(),
  ],
};

/** Exported ops whose results have no gradient, each called on a tensor that asks for one. */
export const withoutGradient: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  equal: (x) => core.equal(x, x),
  notEqual: (x) => core.notEqual(x, 1),
  less: (x) => core.less(x, 0),
  lessEqual: (x) => core.lessEqual(x, 0),
  greater: (x) => core.greater(x, 0),
  greaterEqual: (x) => core.greaterEqual(0, x),
  isNan: (x) => core.isNan(x),
  logicalNot: (x) => core.logicalNot(core.less(x, 0)),
  logicalAnd: (x) => core.logicalAnd(core.less(x, 0), core.less(x, 1)),
  logicalOr: (x) => core.logicalOr(core.less(x, 0), core.less(x, 1)),
  any: (x) => core.any(x),
  all: (x) => core.all(x),
  argmax: (x) => core.argmax(x),
  argmin: (x) => core.argmin(x),
  oneHot: (x) => core.oneHot(core.argmax(x), 2),
  zerosLike: (x) => core.zerosLike(x),
  onesLike: (x) => core.onesLike(x),
  fullLike: (x) => core.fullLike(x, 3),
};

/** Exports that are no functions of tensors to tensors. */
export const notOps: ReadonlySet<string> = new Set(
  (
    "grad customGrad valueAndGrad vjp gradCheck arange bernoulli eye fromBuffer full linspace ones rand randint randn tensor zeros " +
    "getDefaultBackend setDefaultBackend withBackend isGradEnabled noGrad interpreter lowerFused simplifyGraph graphToText trace traceStep compile syncState hostInput hostName afterRun executeNodes scanSteps isTracing requireBackend describeValue keep scope " +
    "defaultGenerator Generator manualSeed Tensor applyUpdate updateInPlace retainBuffer"
  ).split(" "),
);
