import { ArgumentError, DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import * as core from "@unrolled/core";
import {
  arange,
  concat,
  eye,
  full,
  linspace,
  matmul,
  ones,
  setDefaultBackend,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

const int = (data: core.NestedArray): Tensor => tensor(data, { dtype: "int32" });

describe("tensor", () => {
  test.each([
    [3, [], "float32"],
    [true, [], "bool"],
    [[], [0], "float32"],
    [[[], []], [2, 0], "float32"],
    [[[1, 2, 3]], [1, 3], "float32"],
    [[[true], [false]], [2, 1], "bool"],
    [new Int32Array(3), [3], "int32"],
    [new Float64Array(1), [1], "float64"],
    [new Uint8Array(2), [2], "bool"],
  ] as const)("of %j has shape %j and dtype %s", (data, shape, dtype) => {
    const t = tensor(data as core.NestedArray);
    expect([t.shape, t.dtype, t.rank, t.size]).toEqual([
      shape,
      dtype,
      shape.length,
      shape.reduce<number>((a, b) => a * b, 1),
    ]);
  });

  test("folds flat data and converts", () => {
    expect(tensor(new Int32Array([1, 2, 3, 4]), { shape: [2, 2], dtype: "float32" }).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor([0, 2, -1], { dtype: "bool" }).toArray()).toEqual([false, true, true]);
    expect(tensor([1, 2], { shape: [1, 2, 1] }).toArray()).toEqual([[[1], [2]]]);
  });

  test("copies what it is given", () => {
    const data = new Float32Array([1, 2]);
    const t = tensor(data);
    data[0] = 9;
    t.dataSync()[1] = 9;
    expect(t.toArray()).toEqual([1, 2]);
  });

  test.each([
    ["ragged", [[1, 2], [3]], /ragged at dimension 1.*2 entries/],
    ["mixed depth, deeper later", [1, [2]], /differ in depth/],
    ["mixed depth, deeper first", [[1], 2], /ragged at dimension 1/],
    ["an empty row beside a full one", [[], [1]], /ragged/],
  ] as const)("refuses %s", (_name, data, message) => {
    expect(() => tensor(data as core.NestedArray)).toThrow(ShapeError);
    expect(() => tensor(data as core.NestedArray)).toThrow(message);
  });

  test("refuses what is no number, or does not fill the shape", () => {
    expect(() => tensor(["a"] as unknown as core.NestedArray)).toThrow(/element is "a"/);
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(/3 numbers do not fill \[2, 2\]; give 4/);
    expect(() => tensor([1], { shape: [-1] })).toThrow(/\[-1\] is not a shape/);
  });
});

describe("creation", () => {
  test("arange", () => {
    expect(arange(3).toArray()).toEqual([0, 1, 2]);
    expect(arange(1, 2, 0.5).toArray()).toEqual([1, 1.5]);
    expect(arange(3, 0, -2).toArray()).toEqual([3, 1]);
    expect(arange(2, 2).shape).toEqual([0]);
    expect(arange(3, 1).shape).toEqual([0]);
    expect(arange(0, 3, 1, { dtype: "int32" }).dtype).toBe("int32");
    expect(() => arange(0, 1, 0)).toThrow(ArgumentError);
    expect(() => arange(Number.NaN)).toThrow(ArgumentError);
    expect(() => arange(0, 2, 0.5, { dtype: "int32" })).toThrow(DTypeError);
  });

  test("linspace, eye, full, zeros, ones and their likes", () => {
    expect(linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linspace(2, 3, 1).toArray()).toEqual([2]);
    expect(linspace(2, 3, 0).shape).toEqual([0]);
    expect(() => linspace(0, 1, 2.5)).toThrow(ArgumentError);
    expect(eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(eye(0).shape).toEqual([0, 0]);
    expect(full([2], -3, { dtype: "int32" }).toArray()).toEqual([-3, -3]);
    expect(zeros([]).item()).toBe(0);
    expect(ones([1, 0]).toArray()).toEqual([[]]);
    const like = core.onesLike(int([[5], [6]]));
    expect([like.dtype, like.toArray()]).toEqual(["int32", [[1], [1]]]);
    expect(core.fullLike(like, 7).toArray()).toEqual([[7], [7]]);
    expect(core.zerosLike(zeros([2], { dtype: "float64" })).dtype).toBe("float64");
    expect(() => zeros([2.5])).toThrow(ShapeError);
    expect(() => zeros([-1])).toThrow(ShapeError);
  });

  test("oneHot", () => {
    expect(core.oneHot(int([2, 0]), 3).toArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(core.oneHot(int([[1]]), 2).shape).toEqual([1, 1, 2]);
    expect(() => core.oneHot(int([0]), 0)).toThrow(ArgumentError);
  });
});

describe("shapes of results", () => {
  const x = ones([2, 1, 3]);
  test.each<[string, (t: Tensor) => Tensor, number[]]>([
    ["sum of everything", (t) => t.sum(), []],
    ["sum over no axes", (t) => t.sum([]), [2, 1, 3]],
    ["sum keeping dims", (t) => t.sum(undefined, { keepDims: true }), [1, 1, 1]],
    ["mean over a negative axis", (t) => t.mean(-1), [2, 1]],
    ["max over two axes", (t) => t.max([-1, 0]), [1]],
    ["argmax, last axis by default", (t) => t.argmax(), [2, 1]],
    ["argmin keeping dims", (t) => t.argmin(0, { keepDims: true }), [1, 1, 3]],
    ["norm", (t) => t.norm(), []],
    ["reshape, one size open", (t) => t.reshape([-1, 2]), [3, 2]],
    ["reshape to a size-1 tensor's scalar", (t) => t.sum().reshape([]), []],
    ["flatten", (t) => t.flatten(), [6]],
    ["flatten in part", (t) => t.flatten(-2, -1), [2, 3]],
    ["flatten a scalar", (t) => t.sum().flatten(), [1]],
    ["unsqueeze at the end", (t) => t.unsqueeze(-1), [2, 1, 3, 1]],
    ["unsqueeze at the start", (t) => t.unsqueeze(0), [1, 2, 1, 3]],
    ["squeeze everything", (t) => t.squeeze(), [2, 3]],
    ["squeeze what is not 1", (t) => t.squeeze(0), [2, 1, 3]],
    ["squeeze a negative axis", (t) => t.squeeze(-2), [2, 3]],
    ["transpose", (t) => t.transpose(), [3, 1, 2]],
    ["swapAxes", (t) => t.swapAxes(0, -1), [3, 1, 2]],
    ["broadcastTo", (t) => t.broadcastTo([5, -1, 4, 3]), [5, 2, 4, 3]],
    ["tile", (t) => t.tile([2, 2]), [2, 2, 6]],
    ["select", (t) => t.select(-1, -1), [2, 1]],
    ["narrow to nothing", (t) => t.narrow(2, 3, 0), [2, 1, 0]],
    ["slice beyond the end", (t) => t.slice([1, 99]), [1, 1, 3]],
    ["slice to nothing", (t) => t.slice([5, 9]), [0, 1, 3]],
    ["sum of nothing", (t) => t.slice([2, 2]).sum(), []],
    [
      "pad",
      (t) =>
        t.pad([
          [1, 0],
          [0, 0],
          [2, 2],
        ]),
      [3, 1, 7],
    ],
    [
      "gather by a matrix",
      (t) =>
        t.indexSelect(
          int([
            [0, 1],
            [1, 0],
          ]),
          0,
        ),
      [2, 2, 1, 3],
    ],
    ["indexSelect by a scalar", (t) => t.indexSelect(int(1), 0), [1, 3]],
    ["stack", (t) => stack([t, t], -1), [2, 1, 3, 2]],
    ["concat", (t) => concat([t, t.narrow(1, 0, 0)], 1), [2, 1, 3]],
    ["softmax of nothing", (t) => t.narrow(2, 0, 0).softmax(), [2, 1, 0]],
  ])("%s", (_name, fn, shape) => {
    const y = fn(x);
    expect(y.shape).toEqual(shape);
    expect(y.dataSync().length).toBe(y.size);
  });

  test("split, chunk and unbind", () => {
    const shapes = (parts: Tensor[]): (readonly number[])[] => parts.map((p) => p.shape);
    expect(shapes(ones([5]).split(2))).toEqual([[2], [2], [1]]);
    expect(shapes(ones([5, 2]).split([0, 5]))).toEqual([
      [0, 2],
      [5, 2],
    ]);
    expect(shapes(ones([0]).split(3))).toEqual([[0]]);
    expect(shapes(ones([7]).chunk(3))).toEqual([[3], [3], [1]]);
    expect(shapes(ones([2, 3]).unbind(-1))).toEqual([[2], [2], [2]]);
    expect(ones([0, 3]).unbind()).toEqual([]);
    expect(() => ones([5]).split([2, 2])).toThrow(/do not fill axis 0.*sum to 5/);
    expect(() => ones([5]).split(0)).toThrow(ArgumentError);
    expect(() => ones([5]).chunk(1.5)).toThrow(ArgumentError);
  });

  test("matmul of vectors and batches", () => {
    const [v, m, b] = [ones([3]), ones([2, 3]), ones([4, 3, 5])];
    expect(matmul(v, v).shape).toEqual([]);
    expect(matmul(m, v).shape).toEqual([2]);
    expect(matmul(v, b).shape).toEqual([4, 5]);
    expect(matmul(m, b).shape).toEqual([4, 2, 5]);
    expect(matmul(b, ones([5])).shape).toEqual([4, 3]);
    expect(matmul(m, m, { transB: true }).toArray()).toEqual([
      [3, 3],
      [3, 3],
    ]);
    expect(matmul(ones([2, 0]), ones([0, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(() => matmul(v, m)).toThrow(/inner sizes 3 and 2.*\[1, 3\] x \[2, 3\]/);
    expect(() => matmul(v, v, { transA: true })).toThrow(/1-d/);
    expect(() => matmul(zeros([]), v)).toThrow(ShapeError);
    expect(v.dot(v).item()).toBe(3);
    expect(v.outer(ones([2])).shape).toEqual([3, 2]);
    expect(() => v.dot(m)).toThrow(ShapeError);
  });

  test("slices pick what NumPy picks", () => {
    const t = arange(6);
    expect(t.slice([1, 5, 2]).toArray()).toEqual([1, 3]);
    expect(t.slice([-2, 99]).toArray()).toEqual([4, 5]);
    expect(t.slice([-1, Number.NEGATIVE_INFINITY, -2]).toArray()).toEqual([5, 3, 1]);
    expect(t.slice([4, 1, -1]).toArray()).toEqual([4, 3, 2]);
    expect(t.slice([0, 5, -1]).toArray()).toEqual([]);
    expect(t.reshape([2, 3]).slice(null, [1, 2]).toArray()).toEqual([[1], [4]]);
    expect(() => t.slice([0, 2, 0])).toThrow(ArgumentError);
    expect(() => t.slice([0.5, 2])).toThrow(ArgumentError);
    expect(() => t.slice(null, null)).toThrow(/2 ranges for \[6\]/);
  });
});

describe("refusals", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["broadcasting names both shapes", () => ones([2, 3]).add(ones([4])), /\[2, 3\] and \[4\]/],
    ["where, too", () => where(ones([2]).less(0), ones([3]), 0), /\[3\] and \[2\]/],
    ["reshape names both shapes", () => ones([2, 3]).reshape([4]), /\[2, 3\].*\[4\]/],
    ["two open sizes", () => ones([6]).reshape([-1, -1]), /at most one size open/],
    ["an open size that does not divide", () => ones([6]).reshape([4, -1]), /\[6\] does not fit \[4, -1\]/],
    ["an open size beside nothing", () => zeros([0]).reshape([0, -1]), /does not fit/],
    ["an axis too many", () => ones([2]).sum(1), /axis 1.*rank 1.*from -1 to 0/],
    ["an axis twice", () => ones([2, 2]).sum([0, -2]), /twice/],
    ["an axis of a scalar", () => ones([]).softmax(), /scalar has no axes/],
    ["the largest of nothing", () => zeros([0, 2]).max(0), /empty/],
    ["transpose with too few axes", () => ones([2, 3]).transpose([0]), /\[0\]/],
    ["broadcastTo a smaller shape", () => ones([2, 3]).broadcastTo([3]), /\[2, 3\] does not broadcast to \[3\]/],
    ["select out of range", () => ones([2]).select(0, 2), /index 2.*from -2 to 1/],
    ["narrow out of range", () => ones([2]).narrow(0, 1, 2), /2 from 1 along axis 0 of \[2\]/],
    ["flatten backwards", () => ones([2, 2]).flatten(1, 0), /start 1 is after end 0/],
    ["stack of different shapes", () => stack([ones([2]), ones([3])]), /\[2\] and \[3\]/],
    ["concat of different ranks", () => concat([ones([2]), ones([2, 1])]), /\[2, 1\] does not join \[2\]/],
    ["item of many", () => ones([2]).item(), /\[2\] has 2 elements/],
  ])("%s", (_name, act, message) => {
    expect(act).toThrow(ShapeError);
    expect(act).toThrow(message);
  });

  test.each<[string, () => unknown, RegExp]>([
    ["two dtypes", () => ones([1]).add(int([1])), /float32 and int32/],
    ["a fraction with int32", () => int([1]).add(0.5), /0\.5 does not fit an int32.*cast/],
    ["NaN with int32", () => int([1]).mul(Number.NaN), /NaN does not fit/],
    ["exp of int32", () => int([1]).exp(), /float.*int32/],
    ["div of int32", () => int([1]).div(2), /float.*int32/],
    ["sum of bool", () => tensor([true]).sum(), /bool/],
    ["a condition that is no bool", () => where(ones([1]), 1, 2), /condition must be bool/],
    ["branches of two dtypes", () => where(tensor([true]), ones([1]), int([1])), /float32 and int32/],
    ["logical ops on numbers", () => ones([1]).logicalNot(), /needs bool, got float32/],
    ["float indices", () => ones([1]).indexSelect(ones([1])), /indices must be int32/],
    ["fractions drawn as int32", () => core.rand([2], { dtype: "int32" }), /holds no fractions/],
  ])("%s", (_name, act, message) => {
    expect(act).toThrow(DTypeError);
    expect(act).toThrow(message);
  });

  test.each<[string, () => unknown, RegExp]>([
    ["two plain numbers", () => core.add(1, 2), /plain numbers/],
    ["nothing to join", () => concat([]), /no tensors/],
    ["nothing to stack", () => stack([]), /no tensors/],
    ["clamp without bounds", () => ones([1]).clamp({}), /no bound/],
    ["tile by a fraction", () => ones([1]).tile([1.5]), /count 1\.5/],
    ["a norm of order 0", () => ones([1]).norm(0, { p: 0 }), /order 0/],
    ["softplus of beta 0", () => ones([1]).softplus({ beta: 0 }), /beta 0/],
    ["an unknown gelu", () => ones([1]).gelu({ approximate: "erf" as "tanh" }), /erf/],
    ["an index out of range", () => ones([2]).indexSelect(int([2])), /index 2/],
  ])("%s", (_name, act, message) => {
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(message);
  });
});

describe("numbers beside tensors", () => {
  test("take the tensor's dtype", () => {
    expect(int([1, 2]).mul(3).add(1).dtype).toBe("int32");
    expect(core.sub(1, zeros([2], { dtype: "float64" })).dtype).toBe("float64");
    expect(int([1, 2]).equal(2).toArray()).toEqual([false, true]);
  });

  test("where with numbers", () => {
    const c = tensor([true, false]);
    expect([where(c, 1, 2).dtype, where(c, 1, 2).toArray()]).toEqual(["float32", [1, 2]]);
    expect(where(c, 1, int([5, 6])).toArray()).toEqual([1, 6]);
    expect(where(c, int([[5], [6]]), 0).toArray()).toEqual([
      [5, 0],
      [6, 0],
    ]);
  });

  test("comparisons beside NaN", () => {
    const nan = tensor([Number.NaN]);
    const answers = [
      nan.equal(nan),
      nan.less(1),
      nan.lessEqual(1),
      nan.greater(1),
      nan.greaterEqual(1),
      nan.notEqual(nan),
    ];
    expect(answers.map((t) => t.item())).toEqual([0, 0, 0, 0, 0, 1]);
    expect(nan.isNan().toArray()).toEqual([true]);
  });

  test("logic", () => {
    const [a, b] = [tensor([true, true, false, false]), tensor([true, false, true, false])];
    expect(a.logicalAnd(b).toArray()).toEqual([true, false, false, false]);
    expect(a.logicalOr(b).toArray()).toEqual([true, true, true, false]);
    expect(a.logicalNot().toArray()).toEqual([false, false, true, true]);
  });

  test("any and all, of numbers and of nothing too", () => {
    const t = tensor([
      [0.5, 0],
      [0, 0],
    ]);
    expect(t.any().toArray()).toBe(true);
    expect(t.any(1).toArray()).toEqual([true, false]);
    expect(t.all(0, { keepDims: true }).toArray()).toEqual([[false, false]]);
    expect(zeros([0]).any().toArray()).toBe(false);
    expect(zeros([0]).all().toArray()).toBe(true);
    expect(zeros([0, 2]).any(0).toArray()).toEqual([false, false]);
  });

  test("the largest and smallest index, the first of equals", () => {
    expect(tensor([1, 3, 3]).argmax().item()).toBe(1);
    expect(
      tensor([[2, 1, 1]])
        .argmin()
        .toArray(),
    ).toEqual([1]);
  });

  test("cast truncates toward zero", () => {
    expect(tensor([1.9, -1.9]).cast("int32").toArray()).toEqual([1, -1]);
    expect(tensor([0, -0.1]).cast("bool").toArray()).toEqual([false, true]);
    const x = ones([1]);
    expect(x.cast("float32")).toBe(x);
  });

  test("statistics of too few numbers are NaN, as in PyTorch", () => {
    expect(tensor([3]).variance().item()).toBeNaN();
    expect(tensor([3]).variance(0, { correction: 0 }).item()).toBe(0);
    expect(zeros([0]).mean().item()).toBeNaN();
  });
});

describe("what PyTorch calls gather", () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test("takes one element for each index", () => {
    expect(x.gather(1, int([[2], [0]])).toArray()).toEqual([[3], [4]]);
    expect(x.gather(0, int([[1, 0, 1]])).toArray()).toEqual([[4, 2, 6]]);
    expect(x.gather(-1, int([[0, 0, 2, 2]])).toArray()).toEqual([[1, 1, 3, 3]]);
  });

  test("refuses indices that do not fit", () => {
    expect(() => x.gather(1, int([0, 1]))).toThrow(/gather: index \[2\] into \[2, 3\]/);
    expect(() => x.gather(1, int([[0], [0], [0]]))).toThrow(ShapeError);
    expect(() => x.gather(1, int([[3], [0]]))).toThrow(/index 3 is out of range; use integers from 0 to 2/);
    expect(() => x.gather(1, ones([2, 1]))).toThrow(/indices are float32/);
    expect(() => core.oneHot(int([0, 7]), 3)).toThrow(/oneHot: index 7 is out of range/);
  });
});

describe("a dtype that does not exist is refused in the name of the function that got it", () => {
  const options = { dtype: "int64" } as unknown as { dtype: "int32" };
  test.each<[string, () => unknown]>([
    ["tensor", () => tensor([1, 2], options)],
    ["tensor", () => tensor(new Int32Array(2), options)],
    ["zeros", () => core.zeros([2], options)],
    ["ones", () => core.ones([2], options)],
    ["full", () => core.full([2], 1, options)],
    ["arange", () => core.arange(0, 3, 1, options)],
    ["linspace", () => core.linspace(0, 1, 3, options)],
    ["eye", () => core.eye(2, options)],
    ["rand", () => core.rand([2], options)],
    ["randint", () => core.randint(0, 2, [2], options)],
    ["hostInput", () => core.hostInput(() => 1, [1], { name: "x", ...options })],
  ])("%s", (name, call) => {
    expect(call).toThrow(DTypeError);
    const dtypes = "float32, float64, int32, bool";
    const remedy = `use int32 for whole numbers: the dtypes are ${dtypes}`;
    expect(call).toThrow(`${name}: there is no dtype "int64"; ${remedy}`);
  });

  test("of other names, the message lists those that exist", () => {
    const half = { dtype: "float16" } as unknown as { dtype: "float32" };
    expect(() => tensor([1], half)).toThrow(
      'tensor: there is no dtype "float16"; the dtypes are float32, float64, int32, bool',
    );
  });
});

describe("arguments of the wrong kind are refused in words", () => {
  const x = ones([2, 3]);
  const loose = (fn: unknown): ((...args: unknown[]) => unknown) => fn as (...args: unknown[]) => unknown;

  test.each([
    ["sizes one by one", () => loose(core.randn)(2, 3), /randn: shape is 2; give a list in brackets, such as \[2, 3\]/],
    ["sizes of reshape one by one", () => loose(x.reshape.bind(x))(3, 2), /reshape: shape is 3; give a list/],
    [
      "axes as options",
      () => loose(x.sum.bind(x))({ dim: 1 }),
      /^sum: the axes are \{ dim: 1 \}; give them without a name, options after them: sum\(1\)$/,
    ],
    [
      "an axis as an option",
      () => loose(x.argmax.bind(x))({ axis: 1 }),
      /^argmax: the axis is \{ axis: 1 \}; .*alone: 1$/,
    ],
    [
      "PyTorch's names of options",
      () => loose(x.mean.bind(x))({ dim: [0, 1], keepdim: true }),
      /^mean: the axes are \{ dim: \[0, 1\], keepdim: true \}; give .*: mean\(\[0, 1\]\)$/,
    ],
    [
      "options where axes go",
      () => loose(x.std.bind(x))({ keepDims: true }),
      /^std: the axes are \{ keepDims: true \}; give .*options after them: std\(1\)$/,
    ],
    ["an axis as text", () => loose(x.max.bind(x))("1"), /^max: the axes are "1"; give .*: max\(1\)$/],
    ["axes as texts", () => loose(x.min.bind(x))(["0"]), /^min: the axes are \["0"\]; give .*: min\(1\)$/],
    ["null for all axes", () => loose(x.norm.bind(x))(null), /^norm: the axes are null; give .*: norm\(1\)$/],
    ["the axis of a list", () => loose(core.concat)([x, x], { axis: 1 }), /^concat: the axis is \{ axis: 1 \}/],
    ["a shape by name", () => loose(core.zeros)({ shape: [2] }), /^zeros: shape is \{ shape: \[2\] \}; give a list/],
    ["a shape of texts", () => loose(core.ones)(["2"]), /^ones: shape is \["2"\]; give a list/],
    [
      "an order by name",
      () => loose(x.transpose.bind(x))({ dims: [1, 0] }),
      /^transpose: perm is \{ dims: \[1, 0\] \}/,
    ],
    ["parts by name", () => loose(core.split)(x, { size: 1 }), /^split: sizes is \{ size: 1 \}/],
    ["counts by name", () => loose(core.tile)(x, { count: 2 }), /^tile: counts is \{ count: 2 \}/],
    ["a shape to fill by name", () => loose(core.broadcastTo)(x, { shape: [2] }), /^broadcastTo: shape is \{ shape/],
    ["a size by name", () => loose(core.eye)({ n: 3 }), /^eye: size \{ n: 3 \}; give one whole number/],
    ["a seed by name", () => loose(core.manualSeed)({ seed: 1 }), /^manualSeed: \{ seed: 1 \} is not a seed/],
    ["a foreign option", () => loose(x.sum.bind(x))(1, { keepdim: true }), /sum: unknown option keepdim/],
    ["a snake-case option", () => loose(tensor)([1], { requires_grad: true }), /did you mean requiresGrad/],
    [
      "a shape where options go",
      () => loose(tensor)(new Float32Array(4), [2, 2]),
      /tensor: got an array where options go/,
    ],
    [
      "bytes without a dtype",
      () => tensor(Uint8Array.of(0, 128)),
      /tensor: a Uint8Array is bool.*holds 128; .*float32/,
    ],
    ["numbers among booleans", () => tensor([true, 2] as boolean[]), /tensor: booleans and numbers are mixed/],
    ["what is no int32", () => tensor([1, 3e9], { dtype: "int32" }), /tensor: 3000000000 is no int32/],
    ["NaN as int32", () => tensor([Number.NaN], { dtype: "int32" }), /tensor: NaN is no int32/],
    ["a tensor where options go", () => loose(tensor)([1], x), /tensor: got a tensor where options go/],
    ["zeros of sizes one by one", () => loose(core.zeros)(2, 3), /zeros: shape is 2/],
    ["text added", () => loose(x.add.bind(x))("1"), /add: an operand is no tensor but "1"/],
    ["nothing added", () => loose(x.add.bind(x))(null), /add: an operand is no tensor but null/],
    ["an array compared", () => loose(x.less.bind(x))([1]), /less: an operand is no tensor but \[1\]/],
    ["a product with a number", () => loose(x.matmul.bind(x))(2), /matmul: an operand is no tensor but 2/],
    ["an inner product with a list", () => loose(core.dot)(x, [1]), /dot: an operand is no tensor but \[1\]/],
    ["an array assigned", () => loose(x.assign_.bind(x))([1]), /assign_: an operand is no tensor but \[1\]/],
    ["tensors one by one", () => loose(core.concat)(x, x), /concat: the tensors are a tensor \[.*; give a list/],
    ["a list with a hole", () => loose(core.stack)([x, undefined]), /stack: an operand is no tensor but undefined/],
    ["widths of one dimension", () => loose(core.pad)(x, [1, 2]), /pad: the widths are \[1, 2\]; give \[before/],
    ["a range by a number", () => loose(x.slice.bind(x))(1), /slice: a range is 1; give \[start, end\]/],
    ["gradients of a tensor", () => loose(core.grad)(x, x), /grad: the inputs are a tensor \[.*; give a list/],
  ])("%s", (_name, call, message) => {
    expect(call).toThrow(message);
  });

  test("a dtype error suggests the cast that keeps fractions", () => {
    const whole = int([1, 2, 3]);
    expect(() => whole.add(x)).toThrow(/dtypes int32 and float32 differ; cast one .* cast\("float32"\)/);
    expect(() => x.add(whole)).toThrow(/cast\("float32"\)/);
  });

  test("transpose takes an order, or two axes to exchange as PyTorch's does", () => {
    const cube = ones([2, 3, 4]);
    expect(cube.transpose(0, 1).shape).toEqual([3, 2, 4]);
    expect(cube.transpose(-1, 0).shape).toEqual([4, 3, 2]);
    expect(cube.transpose([1, 2, 0]).shape).toEqual([3, 4, 2]);
    expect(() => loose(cube.transpose.bind(cube))(1)).toThrow(ShapeError);
  });
});
