import { ArgumentError, type Backend, BackendError, DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { Generator, keep, manualSeed, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import {
  ConcatDataset,
  chronologicalSplit,
  DataLoader,
  type Dataset,
  defaultCollate,
  type HostArray,
  padCollate,
  slidingWindows,
  TensorDataset,
  windowSine,
} from "@unrolled/datasets";
import { beforeAll, describe, expect, expectTypeOf, it } from "vitest";

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const flat = (batches: Iterable<Tensor>) => [...batches].flatMap((batch) => batch.toArray() as number[]);

beforeAll(() => setDefaultBackend(cpu()));

describe("DataLoader", () => {
  it("batches windows as the exercise's loader does", () => {
    const loader = new DataLoader(windowSine().trainWindows, { batchSize: 32 });
    const shapes = [...loader].map(([x, y]) => [x.shape, y.shape]);
    expect(loader.length).toBe(24);
    expect(shapes.length).toBe(24);
    expect(shapes[0]).toEqual([
      [32, 10, 1],
      [32, 1],
    ]);
    expect(shapes[23]).toEqual([
      [13, 10, 1],
      [13, 1],
    ]);
  });

  it("holds the numbers of the samples, in order, in float32", () => {
    const [[x, y]] = [...new DataLoader(slidingWindows([1, 2, 3, 4], { length: 2 }), { batchSize: 2 })];
    expect(x.toArray()).toEqual([
      [[1], [2]],
      [[2], [3]],
    ]);
    expect(y.toArray()).toEqual([[3], [4]]);
    expect([x.dtype, y.dtype]).toEqual(["float32", "float32"]);
    const [[doubles]] = [...new DataLoader(slidingWindows([1, 2], { length: 1, dtype: "float64" }))];
    expect(doubles.dtype).toBe("float64");
  });

  it("gives with gather what it gives without", () => {
    const windows = slidingWindows(
      upTo(20).map((t) => [t, -t]),
      { length: 3, horizon: 2 },
    );
    const plain: Dataset<[HostArray, HostArray]> = { length: windows.length, get: (i) => windows.get(i) };
    const batches = (dataset: Dataset<[HostArray, HostArray]>) =>
      [...new DataLoader(dataset, { batchSize: 4, shuffle: true, generator: new Generator(1) })].map((batch) =>
        batch.map((field) => [field.shape, field.dtype, field.toArray()]),
      );
    expect(batches(windows)).toEqual(batches(plain));
    expect(batches(chronologicalSplit(windows, { test: 5 }).test)).toEqual(
      batches(chronologicalSplit(plain, { test: 5 }).test),
    );
    expect(batches(new ConcatDataset([windows]))).toEqual(batches(windows));
  });

  it("shuffles anew each epoch, every sample once, and alike for one seed", () => {
    const loader = (seed: number) =>
      new DataLoader(upTo(50), { batchSize: 8, shuffle: true, generator: new Generator(seed) });
    const [a, b, other] = [loader(7), loader(7), loader(8)];
    const epochs = [flat(a), flat(a)];
    expect([flat(b), flat(b)]).toEqual(epochs);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[0]).not.toEqual(upTo(50));
    expect(flat(other)).not.toEqual(epochs[0]);
    for (const epoch of epochs) expect([...epoch].sort((p, q) => p - q)).toEqual(upTo(50));
  });

  it("follows manualSeed where no generator is given", () => {
    const loader = new DataLoader(upTo(30), { batchSize: 30, shuffle: true });
    manualSeed(4);
    const first = flat(loader);
    manualSeed(4);
    expect(flat(loader)).toEqual(first);
  });

  it("can be iterated again, and twice at once", () => {
    const loader = new DataLoader(upTo(6), { batchSize: 4 });
    for (const batch of loader) {
      expect(batch.shape).toEqual([4]);
      break;
    }
    expect(flat(loader)).toEqual(upTo(6));
    const pairs = [...loader].flatMap((a) => [...loader].map((b) => [a.shape[0], b.shape[0]]));
    expect(pairs.length).toBe(4);
  });

  it("drops the last batch on request", () => {
    const loader = new DataLoader(upTo(10), { batchSize: 4, dropLast: true });
    expect(loader.length).toBe(2);
    expect(flat(loader)).toEqual(upTo(8));
    expect(new DataLoader(upTo(8), { batchSize: 4, dropLast: true }).length).toBe(2);
  });

  it("picks rows of tensors", () => {
    const dataset = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tensor(Int32Array.of(7, 8, 9)),
    );
    expect(dataset.get(1).map((field) => field.toArray())).toEqual([[3, 4], 8]);
    const [first, second] = [...new DataLoader(dataset, { batchSize: 2 })];
    expect(first.map((field) => field.toArray())).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [7, 8],
    ]);
    expect(second[0].shape).toEqual([1, 2]);
    expect(second[1].dtype).toBe("int32");
    expect(() => new TensorDataset(tensor([1, 2]), tensor([1]))).toThrow(/the first sizes differ: \[2\], \[1\]/);
  });

  it("puts batches on the backend it is told, and refuses tensors that live elsewhere", () => {
    const other: Backend = { ...cpu(), name: "other" };
    const [batch] = [...new DataLoader(upTo(2), { batchSize: 2, backend: other })];
    expect(batch.backend).toBe(other);
    const samples = [tensor([1]), tensor([2])];
    expect(() => [...new DataLoader(samples, { backend: other })]).toThrow(BackendError);
    expect(() => [...new DataLoader(new TensorDataset(tensor([1])), { backend: other })]).toThrow(
      /tensors on cpu, but the loader's backend is other/,
    );
  });

  it("frees a batch on a device when the next is asked for, unless it is kept", () => {
    const host = cpu();
    const device: Backend = { ...host, name: "device", capabilities: { ...host.capabilities, hostMemory: false } };
    const alive = (one: Tensor) => {
      try {
        one.add(1);
        return true;
      } catch {
        return false;
      }
    };
    const seen: Tensor[] = [];
    for (const batch of new DataLoader(upTo(3), { backend: device })) {
      expect(seen.map(alive)).toEqual(seen.map((_, i) => i === 0));
      seen.push(seen.length === 0 ? keep(batch) : batch);
    }
    expect(seen.map(alive)).toEqual([true, false, false]);
    expect([...new DataLoader(upTo(3))].map(alive)).toEqual([true, true, true]);
  });

  it("refuses what it cannot do", () => {
    expect(() => new DataLoader([1, 2], { batchSize: 0 })).toThrow(/batchSize is 0; give a whole number of at least 1/);
    expect(() => new DataLoader([1, 2], { batchSize: 1.5 })).toThrow(ArgumentError);
    expect(() => new DataLoader([], { shuffle: true })).toThrow(/the dataset has 0 samples/);
    expect(() => new DataLoader([1], { generator: new Generator(0) })).toThrow(
      /nothing is shuffled; add shuffle: true/,
    );
    expect(() => new DataLoader([1], { batchSize: 2, dropLast: true })).toThrow(/dropLast leaves nothing of 1 samples/);
  });
});

describe("defaultCollate", () => {
  it("stacks numbers, booleans, arrays and typed arrays", () => {
    const sample = (i: number): [number, boolean, number[][], Int32Array] => [
      i,
      i > 0,
      [[i], [i + 1]],
      Int32Array.of(i, 2),
    ];
    const batch = defaultCollate([sample(0), sample(1)], {});
    expectTypeOf(batch).toEqualTypeOf<[Tensor, Tensor, Tensor, Tensor]>();
    expect(batch.map((field) => [field.dtype, field.shape])).toEqual([
      ["float32", [2]],
      ["bool", [2]],
      ["float32", [2, 2, 1]],
      ["int32", [2, 2]],
    ]);
    expect(batch[2].toArray()).toEqual([
      [[0], [1]],
      [[1], [2]],
    ]);
    expect(defaultCollate([tensor([1, 2]), tensor([3, 4])], {}).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("names the sample that does not fit", () => {
    expect(() => defaultCollate([[[1, 2]], [[1]]], {})).toThrow(
      /sample 1 of the batch has shape \[1\], sample 0 has \[2\].*padCollate/,
    );
    expect(() => defaultCollate([[1], [1, 2]], {})).toThrow(/sample 1 of the batch has 2 fields, sample 0 has 1/);
    expect(() => defaultCollate([Float32Array.of(1), Int32Array.of(1)], {})).toThrow(DTypeError);
    expect(() => defaultCollate([["a"]], {})).toThrow(/sample 0 of the batch holds a value of type string/);
    expect(() => defaultCollate([[[[1, 2], [3]]]], {})).toThrow(ShapeError);
    expect(() => defaultCollate([1, tensor(1)] as unknown[], {})).toThrow(/some samples of a batch are tensors/);
  });
});

describe("padCollate", () => {
  it("fills up at the end and gives the lengths", () => {
    const samples: [number[][], number][] = [
      [[[1, 2]], 0],
      [
        [
          [3, 4],
          [5, 6],
          [7, 8],
        ],
        1,
      ],
    ];
    const loader = new DataLoader(samples, { batchSize: 2, collate: padCollate });
    const [[x, y, lengths]] = [...loader];
    expectTypeOf(lengths).toEqualTypeOf<Int32Array>();
    expect(x.toArray()).toEqual([
      [
        [1, 2],
        [0, 0],
        [0, 0],
      ],
      [
        [3, 4],
        [5, 6],
        [7, 8],
      ],
    ]);
    expect(y.toArray()).toEqual([0, 1]);
    expect(lengths).toEqual(Int32Array.of(1, 3));
  });

  it("takes sequences that are tensors", () => {
    const [x, , lengths] = padCollate(
      [
        [tensor([1, 2]), 0],
        [tensor([3]), 1],
      ],
      {},
    );
    expect([x.toArray(), [...lengths]]).toEqual([
      [
        [1, 2],
        [3, 0],
      ],
      [2, 1],
    ]);
  });

  it("refuses what is no pair, and a padding in place of samples", () => {
    const collate = (samples: unknown): unknown => padCollate(samples as Parameters<typeof padCollate>[0], {});
    expect(() => collate([[1, 2, 3]])).toThrow("sample 0 of the batch is [1, 2, 3]; each sample is [x, y]");
    expect(() => collate([[1, 2]])).toThrow("x of sample 0 of the batch is one number");
    expect(() => collate({ padding: -1 })).toThrow(/samples are { padding: -1 }; to set the padding/);
    const bytes = new DataLoader([Uint8Array.of(1, 200)], { batchSize: 1 });
    expect(() => [...bytes]).toThrow(/a Uint8Array is bool/);
  });

  it("fills ragged targets too, with the padding asked for", () => {
    const [x, y] = padCollate(
      [
        [Int32Array.of(1), [1]],
        [Int32Array.of(2, 3), [1, 2]],
      ],
      { padding: -1 },
    );
    expect([x.dtype, x.toArray()]).toEqual([
      "int32",
      [
        [1, -1],
        [2, 3],
      ],
    ]);
    expect(y.toArray()).toEqual([
      [1, -1],
      [1, 2],
    ]);
  });

  it("refuses empty sequences and other step sizes", () => {
    expect(() =>
      padCollate(
        [
          [[1], 0],
          [[], 0],
        ],
        {},
      ),
    ).toThrow(/sample 1 of the batch is empty/);
    expect(() =>
      padCollate(
        [
          [[[1, 2]], 0],
          [[[1]], 0],
        ],
        {},
      ),
    ).toThrow(ShapeError);
  });
});
