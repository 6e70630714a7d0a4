import { type Backend, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type NestedArray, setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import {
  BCEWithLogitsLoss,
  bceWithLogits,
  CrossEntropyLoss,
  crossEntropy,
  GaussianNLLLoss,
  gaussianNllLoss,
  HuberLoss,
  huberLoss,
  L1Loss,
  type LossCall,
  type LossOptions,
  l1Loss,
  MSELoss,
  mseLoss,
  NLLLoss,
  nllLoss,
  QuantileLoss,
  quantileLoss,
  SmoothL1Loss,
  smoothL1Loss,
} from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

const { NaN: nan } = Number;
type Loss = (inputs: readonly Tensor[], options: LossOptions) => Tensor;

interface MaskCase {
  readonly loss: Loss;
  /** The same through the module, whose options are its own and whose mask is the call's. */
  readonly module: (options: Omit<LossOptions, "mask">, call: LossCall, inputs: readonly Tensor[]) => Tensor;
  /** Batches of 4, of which rows 1 and 3 are spoilt in `spoilt`. */
  readonly clean: readonly NestedArray[];
  readonly spoilt: readonly NestedArray[];
  /** Shape in which the mask of a batch of 4 is given. */
  readonly maskShape: readonly number[];
  readonly lossShape: readonly number[];
  readonly integerTarget?: boolean;
}

const column = (values: readonly number[]): number[][] => values.map((v) => [v, v / 2 - 0.3]);
const spoil = (rows: readonly NestedArray[], as: NestedArray): NestedArray[] =>
  rows.map((row, i) => (i % 2 === 1 ? as : row));

const x = column([0.3, -1.2, 2.1, 0.7]);
const y = column([0.9, 0.1, 0.4, -0.8]);
const v = column([1.5, 2, 0.9, 1.1]);
const logits = [
  [0.2, -1, 0.5],
  [1, 1, 0],
  [-0.3, 0.8, 2],
  [0.1, 0.1, -2],
];
const shares = [
  [0.2, 0.3, 0.5],
  [1, 0, 0],
  [0, 0.6, 0.4],
  [0.1, 0.8, 0.1],
];
const spoiltRow = [nan, nan];
const elementwise = {
  clean: [x, y],
  spoilt: [spoil(x, spoiltRow), spoil(y, spoiltRow)],
  maskShape: [4, 1],
  lossShape: [4, 2],
};
const classes = {
  clean: [logits, [2, 0, 1, 1]],
  spoilt: [spoil(logits, [nan, Number.POSITIVE_INFINITY, nan]), [2, -7, 1, 99]],
  maskShape: [4],
  lossShape: [4],
  integerTarget: true,
};
const classWeights = [0.5, 2, 1.5];

const cases: Record<string, MaskCase> = {
  mseLoss: {
    ...elementwise,
    loss: ([a, b], options) => mseLoss(a, b, options),
    module: (options, call, [a, b]) => new MSELoss(options).forward(a, b, call),
  },
  l1Loss: {
    ...elementwise,
    loss: ([a, b], options) => l1Loss(a, b, options),
    module: (options, call, [a, b]) => new L1Loss(options).forward(a, b, call),
  },
  huberLoss: {
    ...elementwise,
    loss: ([a, b], options) => huberLoss(a, b, { ...options, delta: 0.5 }),
    module: (options, call, [a, b]) => new HuberLoss({ ...options, delta: 0.5 }).forward(a, b, call),
  },
  smoothL1Loss: {
    ...elementwise,
    loss: ([a, b], options) => smoothL1Loss(a, b, { ...options, beta: 0.5 }),
    module: (options, call, [a, b]) => new SmoothL1Loss({ ...options, beta: 0.5 }).forward(a, b, call),
  },
  "smoothL1Loss of beta 0": {
    ...elementwise,
    loss: ([a, b], options) => smoothL1Loss(a, b, { ...options, beta: 0 }),
    module: (options, call, [a, b]) => new SmoothL1Loss({ ...options, beta: 0 }).forward(a, b, call),
  },
  bceWithLogits: {
    ...elementwise,
    loss: ([a, b], options) => bceWithLogits(a, b, { ...options, posWeight: tensor([2, 3], { backend: a.backend }) }),
    module: (options, call, [a, b]) =>
      new BCEWithLogitsLoss({ ...options, posWeight: tensor([2, 3]) }).forward(a, b, call),
  },
  gaussianNllLoss: {
    clean: [x, y, v],
    spoilt: [spoil(x, spoiltRow), spoil(y, spoiltRow), spoil(v, [nan, -1])],
    maskShape: [4, 1],
    lossShape: [4, 2],
    loss: ([a, b, c], options) => gaussianNllLoss(a, b, c, { ...options, full: true }),
    module: (options, call, [a, b, c]) => new GaussianNLLLoss({ ...options, full: true }).forward(a, b, c, call),
  },
  "gaussianNllLoss of a variance a row": {
    clean: [x, y, [[1.5], [2], [0.9], [1.1]]],
    spoilt: [spoil(x, spoiltRow), spoil(y, spoiltRow), [[1.5], [nan], [0.9], [-1]]],
    maskShape: [4, 1],
    lossShape: [4, 2],
    loss: ([a, b, c], options) => gaussianNllLoss(a, b, c, options),
    module: (options, call, [a, b, c]) => new GaussianNLLLoss(options).forward(a, b, c, call),
  },
  quantileLoss: {
    ...elementwise,
    loss: ([a, b], options) => quantileLoss(a, b, 0.3, options),
    module: (options, call, [a, b]) => new QuantileLoss(0.3, options).forward(a, b, call),
  },
  "quantileLoss of two quantiles": {
    clean: [x, [0.9, 0.1, 0.4, -0.8]],
    spoilt: [spoil(x, spoiltRow), [0.9, nan, 0.4, nan]],
    maskShape: [4],
    lossShape: [4, 2],
    loss: ([a, b], options) => quantileLoss(a, b, [0.1, 0.8], options),
    module: (options, call, [a, b]) => new QuantileLoss([0.1, 0.8], options).forward(a, b, call),
  },
  nllLoss: {
    ...classes,
    loss: ([a, b], options) => nllLoss(a, b, options),
    module: (options, call, [a, b]) => new NLLLoss(options).forward(a, b, call),
  },
  crossEntropy: {
    ...classes,
    loss: ([a, b], options) => crossEntropy(a, b, options),
    module: (options, call, [a, b]) => new CrossEntropyLoss(options).forward(a, b, call),
  },
  "crossEntropy with weights and smoothing": {
    ...classes,
    loss: ([a, b], options) =>
      crossEntropy(a, b, {
        ...options,
        weight: tensor(classWeights, { backend: a.backend }),
        labelSmoothing: 0.2,
      }),
    module: (options, call, [a, b]) =>
      new CrossEntropyLoss({ ...options, weight: tensor(classWeights), labelSmoothing: 0.2 }).forward(a, b, call),
  },
  "crossEntropy of probabilities": {
    clean: [logits, shares],
    spoilt: [spoil(logits, [nan, nan, nan]), spoil(shares, [nan, nan, nan])],
    maskShape: [4],
    lossShape: [4],
    loss: ([a, b], options) => crossEntropy(a, b, { ...options, labelSmoothing: 0.1 }),
    module: (options, call, [a, b]) => new CrossEntropyLoss({ ...options, labelSmoothing: 0.1 }).forward(a, b, call),
  },
};

describe.each(Object.entries(cases))(
  "%s",
  (_name, { loss, module, clean, spoilt, maskShape, lossShape, ...traits }) => {
    const make = (values: readonly NestedArray[], backend: Backend = cpu()): Tensor[] =>
      values.map((value, i) =>
        traits.integerTarget && i === 1
          ? tensor(value, { dtype: "int32", backend })
          : tensor(value, { requiresGrad: true, backend }),
      );
    const mask = (values: readonly number[] = [1, 0, 1, 0], backend: Backend = cpu()): Tensor =>
      tensor([...values], { dtype: "bool", backend }).reshape(maskShape);
    const kept = [0, 2];
    const rows = (t: Tensor): Tensor => t.indexSelect(tensor(kept, { dtype: "int32" }));

    test("with a mask is the loss of what it keeps, spoilt or not", () => {
      for (const reduction of ["mean", "sum"] as const) {
        const expected = loss(make(clean).map(rows), { reduction }).item();
        for (const values of [clean, spoilt]) {
          const masked = loss(make(values), { reduction, mask: mask() });
          expect(masked.item()).toBeCloseTo(expected, 6);
        }
      }
    });

    test("unreduced is 0 where masked", () => {
      const whole = loss(make(clean), { reduction: "none" });
      const masked = loss(make(spoilt), { reduction: "none", mask: mask() });
      expect(masked.shape).toEqual(lossShape);
      const wanted = whole.toArray() as NestedArray[];
      const zero = zeros(lossShape.slice(1)).toArray();
      expect(largestError(masked, [wanted[0], zero, wanted[2], zero])).toBeLessThan(1e-6);
    });

    test("gives the gradient of what it keeps, and exactly 0 elsewhere, also beside NaN", () => {
      for (const backend of [cpu(), decomposed]) {
        const whole = make(clean);
        loss(whole.map(rows), {}).backward();
        const inputs = make(spoilt, backend);
        loss(inputs, { mask: mask([1, 0, 1, 0], backend) }).backward();
        inputs.forEach((input, i) => {
          if (!input.requiresGrad) return;
          expect(largestError(input.grad, (whole[i].grad as Tensor).toArray())).toBeLessThan(1e-6);
          for (const row of [1, 3]) expect(input.grad?.select(0, row).abs().max().item()).toBe(0);
        });
      }
    });

    test("with nothing kept is 0, and so are its gradients", () => {
      for (const reduction of ["mean", "sum"] as const) {
        const inputs = make(spoilt.map((value, i) => (i === 1 && traits.integerTarget ? [9, 9, 9, 9] : value)));
        const value = loss(inputs, { reduction, mask: mask([0, 0, 0, 0]) });
        expect(value.item()).toBe(0);
        value.backward();
        for (const { grad } of inputs) if (grad) expect(grad.dataSync().every((g) => g === 0)).toBe(true);
      }
    });

    test("with everything kept is the loss without a mask", () => {
      const whole = loss(make(clean), {}).item();
      expect(loss(make(clean), { mask: mask([1, 1, 1, 1]) }).item()).toBeCloseTo(whole, 6);
    });

    test("takes numbers for a mask, and one that broadcasts", () => {
      const expected = loss(make(spoilt), { mask: mask() }).item();
      for (const dtype of ["int32", "float32"] as const)
        expect(loss(make(spoilt), { mask: mask().cast(dtype) }).item()).toBe(expected);
      expect(loss(make(clean), { mask: tensor(true) }).item()).toBeCloseTo(loss(make(clean), {}).item(), 6);
    });

    test("as a module takes the mask at each call", () => {
      for (const reduction of ["mean", "sum", "none"] as const) {
        expect(module({ reduction }, { mask: mask() }, make(spoilt)).toArray()).toEqual(
          loss(make(spoilt), { reduction, mask: mask() }).toArray(),
        );
      }
      expect(module({}, {}, make(clean)).item()).toBe(loss(make(clean), {}).item());
    });

    test("refuses a mask that does not broadcast", () => {
      expect(() => loss(make(clean), { mask: zeros([3]) })).toThrow(ShapeError);
      expect(() => loss(make(clean), { mask: zeros([3]) })).toThrow(
        /: mask \[3\] does not broadcast to the losses \[4/,
      );
      expect(() => loss(make(clean), { mask: zeros([2, 4, 2]) })).toThrow("does not broadcast");
    });
  },
);

test("a mask [B, T] for losses [B, T, D] says what to do", () => {
  expect(() => mseLoss(zeros([2, 3, 4]), zeros([2, 3, 4]), { mask: zeros([2, 3]) })).toThrow(
    "mseLoss: mask [2, 3] does not broadcast to the losses [2, 3, 4]; dimensions align from the last: unsqueeze(-1)",
  );
});

test("cross-entropy takes a mask over time", () => {
  const input = tensor(
    [
      [
        [1, 2, nan],
        [0, 1, nan],
      ],
    ],
    { requiresGrad: true },
  ); // [1, 2 classes, 3 steps]
  const target = tensor([[0, 1, 5]], { dtype: "int32" });
  const loss = crossEntropy(input, target, { mask: tensor([[true, true, false]]) });
  expect(loss.item()).toBeCloseTo((Math.log(1 + Math.exp(-1)) + Math.log(1 + Math.exp(1))) / 2, 6);
  loss.backward();
  expect(input.grad?.select(2, 2).abs().toArray()).toEqual([[0, 0]]);
});

test("where every target is ignored the mean is NaN, as in PyTorch; with a mask it is 0", () => {
  const target = tensor([-100, -100], { dtype: "int32" });
  expect(crossEntropy(zeros([2, 3]), target).item()).toBeNaN();
  expect(nllLoss(zeros([2, 3]), target).item()).toBeNaN();
  expect(crossEntropy(zeros([2, 3]), target, { mask: tensor([true, true]) }).item()).toBe(0);
});
