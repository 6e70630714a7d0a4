import { ArgumentError, DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { manualSeed, noGrad, setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import { Embedding } from "@unrolled/nn";
import { referenceBackend } from "@unrolled/testkit";
import { expect, test } from "vitest";
import { decomposed } from "./support/backends.js";

setDefaultBackend(cpu());

const indices = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: "int32" });

test("starts normal, from the seed alone, with the row of padding at zero", () => {
  const draw = (paddingIdx?: number): Tensor => new Embedding(500, 40, { paddingIdx }).weight;
  manualSeed(2);
  const plain = draw();
  expect(Math.abs(plain.mean().item())).toBeLessThan(5 / Math.sqrt(20_000));
  expect(Math.abs(plain.std().item() - 1)).toBeLessThan(5 / Math.sqrt(40_000));
  for (const [paddingIdx, row] of [
    [3, 3],
    [-1, 499],
  ] as const) {
    manualSeed(2);
    const padded = draw(paddingIdx);
    expect(
      padded
        .select(0, row)
        .dataSync()
        .every((v) => v === 0),
    ).toBe(true);
    const changed = padded.sub(plain).abs().sum(1).dataSync();
    expect(changed.filter((v) => v !== 0)).toHaveLength(1);
  }
});

test("picks rows for indices of any rank", () => {
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const embedding = Embedding.fromPretrained(tensor(rows));
  expect(embedding.forward(indices(2)).toArray()).toEqual([5, 6]);
  expect(embedding.forward(indices([[0, 2, 2]])).toArray()).toEqual([[rows[0], rows[2], rows[2]]]);
  expect(embedding.forward(zeros([2, 0, 3], { dtype: "int32" })).shape).toEqual([2, 0, 3, 2]);
});

test("the row of padding gets no gradient, wherever it stands, and is looked up like any other", () => {
  const embedding = new Embedding(3, 2, { paddingIdx: -3 });
  noGrad(() => embedding.weight.fill_(7));
  const rows = embedding.forward(
    indices([
      [0, 1],
      [0, 0],
    ]),
  );
  expect(rows.toArray()).toEqual([
    [
      [7, 7],
      [7, 7],
    ],
    [
      [7, 7],
      [7, 7],
    ],
  ]);
  rows.sum().backward();
  expect(embedding.weight.grad?.toArray()).toEqual([
    [0, 0],
    [1, 1],
    [0, 0],
  ]);
});

test("fromPretrained takes the rows over, frozen unless told otherwise, and zeroes nothing", () => {
  const vectors = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { dtype: "float64" },
  );
  manualSeed(1);
  const frozen = Embedding.fromPretrained(vectors, { paddingIdx: 0 });
  expect(frozen.weight.requiresGrad).toBe(false);
  expect(frozen.paddingIdx).toBe(0);
  expect(frozen.weight.toArray()).toEqual(vectors.toArray());
  expect(frozen.weight.dtype).toBe("float64");
  expect(frozen.forward(indices([1])).requiresGrad).toBe(false);
  expect(Object.keys(frozen.stateDict())).toEqual(["weight"]);

  const learned = Embedding.fromPretrained(vectors, { freeze: false });
  learned
    .forward(indices([1, 1]))
    .sum()
    .backward();
  expect(learned.weight.grad?.toArray()).toEqual([
    [0, 0],
    [2, 2],
  ]);
  noGrad(() => learned.weight.fill_(0));
  expect(vectors.toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(new Embedding(4, 2).weight.toArray()).toEqual(drawnAfterSeed(1)); // nothing was drawn in between
});

function drawnAfterSeed(seed: number): unknown {
  manualSeed(seed);
  return new Embedding(4, 2).weight.toArray();
}

test("indices that do not exist, or are no integers, are refused by name", () => {
  for (const backend of [cpu(), decomposed]) {
    const embedding = new Embedding(4, 2, { backend });
    const call =
      (data: number[]): (() => Tensor) =>
      () =>
        embedding.forward(tensor(data, { dtype: "int32", backend }));
    expect(call([0, 4])).toThrow(ArgumentError);
    expect(call([0, 4])).toThrow("Embedding: index 4 does not exist; use integers from 0 to 3");
    expect(call([-1])).toThrow("Embedding: index -1 does not exist");
  }
  expect(() => new Embedding(4, 2).forward(zeros([3]))).toThrow(DTypeError);
  expect(() => new Embedding(4, 2).forward(zeros([3]))).toThrow(
    'Embedding: indices are float32; use int32: cast("int32")',
  );
});

test("sizes, padding and weights that do not fit are refused", () => {
  expect(() => new Embedding(0, 2)).toThrow("Embedding: size 0; use positive integers");
  expect(() => new Embedding(2, 1.5)).toThrow(ArgumentError);
  for (const paddingIdx of [4, -5, 0.5])
    expect(() => new Embedding(4, 2, { paddingIdx })).toThrow(
      `Embedding: paddingIdx ${paddingIdx}; use an integer from -4 to 3`,
    );
  expect(() => new Embedding(4, 2, { weight: zeros([2, 4]) })).toThrow("Embedding: the weight is [2, 4]; give [4, 2]");
  expect(() => new Embedding(4, 2, { weight: zeros([4, 2]), dtype: "float64" })).toThrow("Embedding: weight and dtype");
  expect(() => Embedding.fromPretrained(zeros([4]))).toThrow(ShapeError);
  expect(() => new Embedding(4, 2, { padding_idx: 0 } as object)).toThrow("did you mean paddingIdx?");
  expect(() => Embedding.fromPretrained(zeros([4, 2]), { frozen: true } as object)).toThrow("the options are freeze");
});

test("making one leaves one buffer on a device", () => {
  const device = referenceBackend();
  const embedding = new Embedding(4, 2, { paddingIdx: 1, backend: device });
  expect(device.memory().buffers).toBe(1);
  expect(embedding.weight.select(0, 1).toArray()).toEqual([0, 0]);
});
