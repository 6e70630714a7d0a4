import { cpu } from "@unrolled/backend-cpu";
import { Generator, gradCheck, randn, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import {
  bceWithLogits,
  crossEntropy,
  ELU,
  Embedding,
  GELU,
  gaussianNllLoss,
  huberLoss,
  LayerNorm,
  LeakyReLU,
  LogSoftmax,
  l1Loss,
  type Module,
  mseLoss,
  nllLoss,
  quantileLoss,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  smoothL1Loss,
  Tanh,
} from "@unrolled/nn";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

const generator = new Generator(21);
const normal = (...shape: number[]): Tensor => randn(shape, { dtype: "float64", generator });
const float64 = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "float64" });
const indices = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "int32" });
const mask = tensor([[true], [false], [true]]);
const labels = indices([
  [1, 3],
  [0, -100],
  [2, 2],
]);

function check(fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): void {
  expect(gradCheck(fn, inputs, { secondOrder: true, tolerance: 1e-6 })).toMatchObject({ ok: true });
}

describe.each(["mean", "sum", "none"] as const)("gradients of both orders, reduction %s", (reduction) => {
  const options = { reduction, mask };

  test.each([
    ["mseLoss", mseLoss],
    ["l1Loss", l1Loss],
    ["huberLoss", huberLoss],
    ["smoothL1Loss", smoothL1Loss],
  ] as const)("%s", (_name, loss) => {
    check((x, y) => loss(x, y, options), [normal(3, 4), normal(3, 4)]);
  });

  test("bceWithLogits, also at 0", () => {
    const factors = { weight: float64([1, 2, 0.5]), posWeight: float64([3, 1, 0.2]) };
    const logits = float64([
      [0, 1.5, -2],
      [0.1, 0, 0],
      [30, -30, 0],
    ]);
    check((x, y) => bceWithLogits(x, y, { ...options, ...factors }), [logits, normal(3, 3).sigmoid()]);
  });

  test("crossEntropy of indices", () => {
    const more = { weight: float64([1, 2, 0.5, 3]), labelSmoothing: 0.2 };
    check((x) => crossEntropy(x, labels, { ...options, ...more }), [normal(3, 4, 2)]);
    check((x) => crossEntropy(x, labels, { reduction }), [normal(3, 4, 2)]);
  });

  test("crossEntropy of probabilities", () => {
    const more = { weight: float64([1, 2, 0.5, 3]), labelSmoothing: 0.2 };
    check((x, y) => crossEntropy(x, y, { ...options, ...more }), [normal(3, 4, 2), normal(3, 4, 2).softmax(1)]);
  });

  test("nllLoss", () => {
    check((x) => nllLoss(x, labels, options), [normal(3, 4, 2)]);
  });

  test("gaussianNllLoss", () => {
    const spread = normal(3, 1).square().add(0.5);
    check((m, y, v) => gaussianNllLoss(m, y, v, options), [normal(3, 4), normal(3, 4), spread]);
  });

  test("quantileLoss", () => {
    check((x, y) => quantileLoss(x, y, 0.3, options), [normal(3, 4), normal(3, 4)]);
    check((x, y) => quantileLoss(x, y, [0.1, 0.9], options), [normal(3, 4, 2), normal(3, 4)]);
  });
});

test("gradients of LayerNorm, to the input and to weight and bias", () => {
  const layer = new LayerNorm([2, 3], { dtype: "float64" });
  check((x) => layer.forward(x), [normal(4, 2, 3)]);
  const x = normal(4, 3);
  const small = new LayerNorm(3, { dtype: "float64" });
  check(
    (weight, bias) => Object.assign(Object.create(small) as LayerNorm, { weight, bias }).forward(x),
    [normal(3), normal(3)],
  );
});

test("gradients of Embedding to its rows", () => {
  const at = indices([
    [2, 0],
    [2, 1],
  ]);
  const start = new Embedding(4, 3, { dtype: "float64" });
  check((weight) => Object.assign(Object.create(start) as Embedding, { weight }).forward(at), [normal(4, 3)]);
});

test.each([
  new Tanh(),
  new Sigmoid(),
  new ReLU(),
  new LeakyReLU(0.2),
  new ELU(0.7),
  new GELU(),
  new GELU({ approximate: "tanh" }),
  new SiLU(),
  new Softplus({ beta: 2 }),
  new Softmax(0),
  new LogSoftmax(),
] as (Module & { forward(x: Tensor): Tensor })[])("gradients of %s", (layer) => {
  check((x) => layer.forward(x), [normal(3, 4)]);
});
