import { ArgumentError, DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { interpreter, ones, setDefaultBackend, type Tensor, tensor, trace, zeros } from "@unrolled/core";
import {
  BCEWithLogitsLoss,
  bceWithLogits,
  CrossEntropyLoss,
  crossEntropy,
  GaussianNLLLoss,
  gaussianNllLoss,
  HuberLoss,
  type LossOptions,
  MSELoss,
  nllLoss,
  QuantileLoss,
  quantileLoss,
  SmoothL1Loss,
} from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

const whole = (values: number[] | number[][]): Tensor => tensor(values, { dtype: "int32" });

describe.each(["float32", "float64"] as const)("at logits of +-10,000 in %s", (dtype) => {
  const far = 1e4;

  test("bceWithLogits is exact, and so are its gradients", () => {
    const logits = tensor([-far, far, far, -far], { dtype, requiresGrad: true });
    const losses = bceWithLogits(logits, tensor([0, 1, 0, 1], { dtype }), { reduction: "none" });
    expect(losses.toArray()).toEqual([0, 0, far, far]);
    losses.sum().backward();
    expect(logits.grad?.toArray()).toEqual([0, 0, 1, -1]);
  });

  test.each([
    ["indices", tensor([0, 1], { dtype: "int32" })],
    [
      "probabilities",
      tensor(
        [
          [1, 0],
          [0, 1],
        ],
        { dtype },
      ),
    ],
  ])("crossEntropy of class %s is exact, and so are its gradients", (_name, target) => {
    const logits = tensor(
      [
        [far, -far],
        [far, -far],
      ],
      { dtype, requiresGrad: true },
    );
    const losses = crossEntropy(logits, target, { reduction: "none" });
    expect(largestError(losses, [0, 2 * far])).toBe(0);
    losses.sum().backward();
    expect(
      largestError(logits.grad, [
        [0, 0],
        [1, -1],
      ]),
    ).toBe(0);
  });
});

test("bceWithLogits keeps the tail of confident predictions", () => {
  const logits = tensor([-25, 25], { dtype: "float64", requiresGrad: true });
  const losses = bceWithLogits(logits, tensor([0, 1], { dtype: "float64" }), { reduction: "none" });
  losses.sum().backward();
  const tail = Math.exp(-25);
  expect(losses.sub(tail).abs().max().item()).toBeLessThan(1e-14);
  expect(logits.grad?.abs().sub(tail).abs().max().item()).toBeLessThan(1e-14);
});

test("crossEntropy gives ignored rows exactly no gradient, also beside NaN", () => {
  const logits = tensor(
    [
      [1, 2],
      [Number.NaN, 3],
      [0, 1],
    ],
    { requiresGrad: true },
  );
  crossEntropy(logits, whole([0, 7, 1]), { ignoreIndex: 7, labelSmoothing: 0.1 }).backward();
  const rows = logits.grad?.toArray() as number[][];
  expect(rows[1].map(Math.abs)).toEqual([0, 0]);
  expect(rows[0].every((v) => v !== 0) && rows[2].every((v) => v !== 0)).toBe(true);
});

test("crossEntropy is nllLoss of logSoftmax", () => {
  const logits = tensor([
    [0.3, -2, 1],
    [4, 0, 0.5],
  ]);
  const target = whole([2, 1]);
  expect(crossEntropy(logits, target).item()).toBeCloseTo(nllLoss(logits.logSoftmax(), target).item(), 6);
});

describe.each([
  ["crossEntropy", crossEntropy],
  ["nllLoss", nllLoss],
] as const)("%s refuses", (op, loss) => {
  test("classes that are not on axis 1, and says where to move them", () => {
    expect(() => loss(zeros([2, 5, 3]), zeros([2, 5], { dtype: "int32" }))).toThrow(ShapeError);
    expect(() => loss(zeros([2, 5, 3]), zeros([2, 5], { dtype: "int32" }))).toThrow(
      `${op}: input [2, 5, 3], target [2, 5] int32: classes come on axis 1, as [N, C, d1, ...]; move them there: input.swapAxes(1, -1)`,
    );
  });

  test("targets of another shape or dtype", () => {
    expect(() => loss(zeros([4, 3]), zeros([4]))).toThrow(DTypeError);
    expect(() => loss(zeros([4, 3]), zeros([4]))).toThrow(`${op}: class indices are float32; use int32: cast("int32")`);
    expect(() => loss(zeros([4, 3]), zeros([3], { dtype: "int32" }))).toThrow(
      `${op}: input [4, 3], target [3] int32 do not fit; give int32 class indices [4]`,
    );
    expect(() => loss(zeros([4, 3]), zeros([4, 3], { dtype: "int32" }))).toThrow(ShapeError);
    expect(() => loss(zeros([4, 3]), zeros([4, 1], { dtype: "int32" }))).toThrow("give int32 class indices [4]");
  });

  test("classes that do not exist, by name", () => {
    for (const backend of [cpu(), decomposed]) {
      const target = tensor([0, 3], { dtype: "int32", backend });
      const call = (): Tensor => loss(zeros([2, 3], { backend }), target);
      expect(call).toThrow(ArgumentError);
      expect(call).toThrow(`${op}: class 3 does not exist; use integers from 0 to 2`);
    }
    expect(() => loss(zeros([2, 3]), whole([-1, 0]))).toThrow(`${op}: class -1 does not exist`);
  });

  test("input without classes, and of integers", () => {
    expect(() => loss(zeros([]), zeros([], { dtype: "int32" }))).toThrow(
      `${op}: input [] has no classes; give [C], [N, C]`,
    );
    expect(() => loss(zeros([2, 0]), zeros([2], { dtype: "int32" }))).toThrow(ShapeError);
    expect(() => loss(zeros([2, 3], { dtype: "int32" }), whole([0, 1]))).toThrow(`${op}: input is int32; use floats`);
  });

  test("weights that do not fit, and an ignoreIndex that is no integer", () => {
    expect(() => loss(zeros([2, 3]), whole([0, 1]), { weight: ones([2]) })).toThrow(
      `${op}: weight is [2]; give one for each class: [3]`,
    );
    expect(() => loss(zeros([2, 3]), whole([0, 1]), { weight: ones([3], { dtype: "float64" }) })).toThrow(
      `${op}: prediction is float32, weight float64; cast it`,
    );
    expect(() => loss(zeros([2, 3]), whole([0, 1]), { ignoreIndex: 0.5 })).toThrow(`${op}: ignoreIndex 0.5`);
  });

  test("options that nobody reads", () => {
    expect(() => loss(zeros([2, 3]), whole([0, 1]), { ignore_index: 0 } as object)).toThrow(
      `${op}: unknown option ignore_index; did you mean ignoreIndex?`,
    );
  });
});

test("crossEntropy refuses what class probabilities do not go with", () => {
  expect(() => crossEntropy(zeros([2, 3]), zeros([2, 3]), { ignoreIndex: 1 })).toThrow(
    "crossEntropy: ignoreIndex 1 with class probabilities; leave targets out with a mask",
  );
  expect(() => crossEntropy(zeros([2, 3]), zeros([2, 3], { dtype: "float64" }))).toThrow(DTypeError);
  expect(() => crossEntropy(zeros([2, 3]), zeros([2, 4]))).toThrow(
    "give int32 class indices [2], or float32 class probabilities [2, 3]",
  );
  expect(() => crossEntropy(zeros([2, 3]), whole([0, 1]), { labelSmoothing: 1.1 })).toThrow(
    "crossEntropy: labelSmoothing 1.1; use a number from 0 to 1",
  );
});

test("bceWithLogits refuses weights that do not broadcast, and integer targets", () => {
  expect(() => bceWithLogits(zeros([3, 2]), zeros([3, 2]), { posWeight: ones([3]) })).toThrow(
    "bceWithLogits: posWeight [3] does not broadcast to the logits [3, 2]",
  );
  expect(() => bceWithLogits(zeros([3, 2]), zeros([3, 2]), { weight: ones([1, 3, 2]) })).toThrow(ShapeError);
  expect(() => bceWithLogits(zeros([2]), zeros([2], { dtype: "int32" }))).toThrow(
    'bceWithLogits: prediction is float32, target int32; cast it: cast("float32")',
  );
});

test("gaussianNllLoss refuses variances that do not fit or are negative, and an eps of 0", () => {
  const x = zeros([3, 2]);
  expect(() => gaussianNllLoss(x, x, ones([2]))).toThrow(
    "gaussianNllLoss: mean [3, 2] and variance [2] do not fit; give a variance [3, 2] or [3, 1]",
  );
  expect(() => gaussianNllLoss(zeros([]), zeros([]), ones([1]))).toThrow("give a variance []");
  expect(() => gaussianNllLoss(x, x, ones([3, 2]).neg())).toThrow("gaussianNllLoss: a variance is negative; make it");
  expect(() => gaussianNllLoss(x, x, ones([3, 2]), { eps: 0 })).toThrow("gaussianNllLoss: eps 0; use a positive");
});

test("quantileLoss refuses shapes and quantiles that make no sense", () => {
  expect(() => quantileLoss(zeros([4, 2]), zeros([4]), [0.1, 0.5, 0.9])).toThrow(
    "quantileLoss: prediction [4, 2] for target [4] and 3 quantiles; give a prediction [4, 3]",
  );
  expect(() => quantileLoss(zeros([4, 1]), zeros([4]), 0.5)).toThrow(ShapeError);
  for (const quantiles of [0, 1, Number.NaN, [], [0.5, 1.5]])
    expect(() => quantileLoss(zeros([4]), zeros([4]), quantiles)).toThrow("use one or more numbers between 0 and 1");
});

test("minimising the quantile loss finds the quantile", () => {
  const sample = tensor(Array.from({ length: 101 }, (_, i) => i));
  const cost = (guess: number): number => quantileLoss(ones([101]).mul(guess), sample, 0.9).item();
  const best = Array.from({ length: 101 }, (_, i) => i).reduce((a, b) => (cost(b) < cost(a) ? b : a));
  expect(best).toBe(90);
});

test("modules refuse their options when they are made", () => {
  const reduction = "average" as unknown as LossOptions["reduction"] & string;
  expect(() => new MSELoss({ reduction } as object)).toThrow('MSELoss: reduction "average"; use "mean"');
  expect(() => new MSELoss({ mask: ones([1]) } as object)).toThrow("MSELoss: unknown option mask");
  expect(() => new HuberLoss({ delta: 0 })).toThrow("HuberLoss: delta 0");
  expect(() => new SmoothL1Loss({ beta: -1 })).toThrow("SmoothL1Loss: beta -1");
  expect(() => new CrossEntropyLoss({ labelSmoothing: 2 })).toThrow("CrossEntropyLoss: labelSmoothing 2");
  expect(() => new GaussianNLLLoss({ eps: -1 })).toThrow("GaussianNLLLoss: eps -1");
  expect(() => new QuantileLoss([])).toThrow("QuantileLoss: quantiles");
});

test("weights of loss modules are buffers under PyTorch's names, and move with the module", async () => {
  const loss = new CrossEntropyLoss({ weight: ones([3]) });
  const bce = new BCEWithLogitsLoss({ weight: ones([3]), posWeight: ones([3]) });
  expect(Object.keys(loss.stateDict())).toEqual(["weight"]);
  expect(Object.keys(bce.stateDict())).toEqual(["weight", "pos_weight"]);
  expect([...loss.parameters(), ...bce.parameters()]).toEqual([]);
  await loss.to(decomposed);
  const target = tensor([1], { dtype: "int32", backend: decomposed });
  expect(loss.forward(zeros([1, 3], { backend: decomposed }), target).item()).toBeCloseTo(Math.log(3), 6);
});

test("a traced loss with a mask computes what the eager one does", async () => {
  const data = { logits: new Float32Array([1, 2, 0, 3, 0, 1]), target: Int32Array.of(1, 0), mask: Uint8Array.of(1, 0) };
  const graph = await trace(
    ({ logits, target, mask }) => ({ loss: crossEntropy(logits, target, { mask, labelSmoothing: 0.1 }) }),
    { logits: zeros([2, 3]), target: zeros([2], { dtype: "int32" }), mask: zeros([2], { dtype: "bool" }) },
  );
  const program = await interpreter(cpu()).prepare(graph);
  const outputs = await program.run({
    logits: { data: data.logits, shape: [2, 3], dtype: "float32" },
    target: { data: data.target, shape: [2], dtype: "int32" },
    mask: { data: data.mask, shape: [2], dtype: "bool" },
  });
  const eager = crossEntropy(tensor(data.logits, { shape: [2, 3] }), tensor(data.target), {
    mask: tensor([true, false]),
    labelSmoothing: 0.1,
  });
  expect(outputs.loss.data[0]).toBeCloseTo(eager.item(), 6);
});
