import { ArgumentError, BackendError, DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  GRU,
  LSTM,
  PackedSequence,
  packPadded,
  packSequence,
  padPacked,
  padSequence,
  RNN,
  unpackSequence,
  unpadSequence,
} from "@unrolled/cells";
import {
  Generator,
  type NestedArray,
  ones,
  randn,
  setDefaultBackend,
  type Tensor,
  tensor,
  zeros,
} from "@unrolled/core";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { golden, largestError } from "./support/compare.js";

setDefaultBackend(cpu());

interface Packed {
  readonly options: { readonly batchFirst?: boolean; readonly enforceSorted: boolean };
  readonly data: NestedArray;
  readonly batchSizes: readonly number[];
  readonly sortedIndices: readonly number[] | null;
  readonly unsortedIndices: readonly number[] | null;
}
interface Padded {
  readonly options: { readonly batchFirst: boolean; readonly paddingValue: number; readonly totalLength?: number };
  readonly output: NestedArray;
  readonly lengths: readonly number[];
}
interface PackPaddedCase extends Packed {
  readonly input: NestedArray;
  readonly lengths: readonly number[];
  readonly padded: readonly (Padded & { readonly cotangent: NestedArray; readonly gradient: NestedArray })[];
}
interface PackSequenceCase extends Packed {
  readonly sequences: readonly NestedArray[];
  readonly padded: readonly Padded[];
  readonly unpacked: readonly NestedArray[];
}
interface ErrorCase {
  readonly function: "packPadded" | "packSequence" | "padPacked";
  readonly inputShape?: readonly number[];
  readonly lengths: readonly number[];
  readonly options: { readonly enforceSorted: boolean; readonly totalLength: number };
  readonly problem: string;
}
const file = golden<{
  readonly packPadded: readonly PackPaddedCase[];
  readonly packSequence: readonly PackSequenceCase[];
  readonly errors: readonly ErrorCase[];
}>("goldens/packed.json", import.meta.url);

function expectPacked(packed: PackedSequence, expected: Packed): void {
  expect(largestError(packed.data, expected.data)).toBe(0);
  expect(packed.batchSizes).toEqual(expected.batchSizes);
  expect(packed.sortedIndices).toEqual(expected.sortedIndices);
  expect(packed.unsortedIndices).toEqual(expected.unsortedIndices);
}

describe.each([cpu(), decomposed])("as PyTorch packs, on $name", (backend) => {
  const place = { dtype: "float64", backend } as const;

  test.each(file.packPadded.map((golden) => [JSON.stringify([golden.lengths, golden.options]), golden] as const))(
    "packPadded %s",
    (_name, golden) => {
      for (const lengths of [golden.lengths, tensor(golden.lengths as number[], { dtype: "int32", backend })]) {
        expectPacked(packPadded(tensor(golden.input, place), lengths, golden.options), golden);
      }
      for (const { options, output, lengths, cotangent, gradient } of golden.padded) {
        const x = tensor(golden.input, { ...place, requiresGrad: true });
        const packed = packPadded(x, golden.lengths, golden.options);
        const [padded, returned] = padPacked(packed, options);
        expect(largestError(padded, output)).toBe(0);
        expect(returned).toEqual(lengths);
        padded.backward(tensor(cotangent, place));
        expect(largestError(x.grad, gradient)).toBe(0);
      }
    },
  );

  test.each(file.packSequence.map((golden) => [golden.batchSizes.join(), golden] as const))(
    "packSequence, batch sizes %s",
    (_name, golden) => {
      const sequences = golden.sequences.map((sequence) => tensor(sequence, place));
      const packed = packSequence(sequences, { enforceSorted: golden.options.enforceSorted });
      expectPacked(packed, golden);
      for (const { options, output, lengths } of golden.padded) {
        const [padded, returned] = padPacked(packed, options);
        expect(largestError(padded, output)).toBe(0);
        expect(largestError(padSequence(sequences, options), output)).toBe(0);
        expect(returned).toEqual(lengths);
        for (const parts of [
          unpackSequence(packed),
          unpadSequence(padded, returned, { batchFirst: options.batchFirst }),
        ])
          parts.forEach((part, i) => {
            expect(largestError(part, golden.unpacked[i])).toBe(0);
          });
      }
    },
  );
});

test("data passes its gradient on", () => {
  const x = ones([3, 2, 1]).requireGrad();
  packPadded(x, [1, 3], { enforceSorted: false }).data.backward(tensor([[1], [2], [3], [4]]));
  expect(x.grad?.squeeze(2).toArray()).toEqual([
    [2, 1],
    [0, 3],
    [0, 4],
  ]);
});

test("padSequence pads with any value, either way round", () => {
  const sequences = [tensor([1]), tensor([2, 3])];
  expect(padSequence(sequences, { paddingValue: -1 }).toArray()).toEqual([
    [1, 2],
    [-1, 3],
  ]);
  expect(padSequence(sequences, { batchFirst: true }).toArray()).toEqual([
    [1, 0],
    [2, 3],
  ]);
});

test("map changes features, keeps lengths, and leaves zeros past the ends", () => {
  const packed = packPadded(ones([3, 2, 1]), [1, 3], { enforceSorted: false });
  const wider = packed.map((x) => x.broadcastTo([3, 2, 2]).add(1));
  expect(wider.padded.select(1, 0).toArray()).toEqual([
    [2, 2],
    [0, 0],
    [0, 0],
  ]);
  expect([wider.lengths, wider.sortedIndices]).toEqual([packed.lengths, packed.sortedIndices]);
  expect(() => packed.map((x) => x.sum(0))).toThrow(
    /PackedSequence.map: \[3, 2, 1\] became \[2, 1\]; keep the first two/,
  );
});

const layers = [RNN, LSTM, GRU].map((Layer) => [Layer.name, Layer] as const);

describe.each(layers)("%s", (name, Layer) => {
  test("what stands past the ends, be it NaN, changes nothing", () => {
    const layer = new Layer(2, 3, { numLayers: 2, bidirectional: true, batchFirst: true });
    const x = randn([2, 4, 2], { generator: new Generator(3) });
    const dirty = x.toArray() as number[][][];
    for (const row of [1, 2, 3]) dirty[1][row] = [Number.NaN, Number.POSITIVE_INFINITY];
    const results = [x, tensor(dirty)].map((input) => {
      layer.zeroGrad();
      const leaf = input.detach().requireGrad();
      const [y, state] = layer.forward(packPadded(leaf, [4, 1], { batchFirst: true }));
      const parts = Array.isArray(state) ? (state as Tensor[]) : [state as Tensor];
      [y.data, ...parts]
        .map((part) => part.square().sum())
        .reduce((a, b) => a.add(b))
        .backward();
      return [y.data, ...parts, leaf.grad!, ...layer.parameters().map(({ grad }) => grad!)].map((t) => t.toArray());
    });
    expect(results[1]).toEqual(results[0]);
  });

  test("finite numbers past the ends of a plain tensor change nothing either", () => {
    const layer = new Layer(2, 3, { bidirectional: true });
    const x = randn([4, 2, 2], { generator: new Generator(3) });
    const dirty = x.toArray() as number[][][];
    for (const t of [1, 2, 3]) dirty[t][1] = [7, -9];
    const results = [x, tensor(dirty)].map((input) => {
      layer.zeroGrad();
      const leaf = input.detach().requireGrad();
      const [y] = layer.forward(leaf, undefined, { lengths: [4, 1] });
      y.square().sum().backward();
      return [y, leaf.grad!, ...layer.parameters().map(({ grad }) => grad!)].map((t) => t.toArray());
    });
    expect(results[1]).toEqual(results[0]);
    expect((results[0][1] as number[][][]).slice(1).map((step) => step[1])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  test("refuses lengths beside a packed sequence, and packed steps that are not features", () => {
    const packed = packPadded(zeros([3, 2, 2]), [3, 1]);
    expect(() => new Layer(2, 3).forward(packed, undefined, { lengths: [3, 1] })).toThrow(
      new ArgumentError(name, "lengths for a packed sequence", "leave them out: it has its own").message,
    );
    expect(() => new Layer(2, 3).forward(packPadded(zeros([3, 2]), [3, 1]))).toThrow(
      `${name}: the packed steps are []; pack [features]`,
    );
    expect(() => new Layer(4, 3).forward(packed)).toThrow(`${name}: x [3, 2, 2] has 2 features`);
  });
});

describe("bad input", () => {
  const call = ({ function: fn, inputShape, lengths, options }: ErrorCase): (() => unknown) => {
    const { enforceSorted, totalLength } = options;
    if (fn === "packSequence")
      return () =>
        packSequence(
          lengths.map((n) => zeros([n, 1])),
          { enforceSorted },
        );
    if (fn === "padPacked") return () => padPacked(packPadded(zeros([3, 2, 1]), lengths), { totalLength });
    return () => packPadded(zeros(inputShape as number[]), lengths, { enforceSorted });
  };

  test.each(file.errors.map((golden) => [golden.function, golden.problem, golden] as const))(
    "%s: %s",
    (name, _problem, golden) => {
      expect(call(golden)).toThrow(ArgumentError);
      expect(call(golden)).toThrow(`${name}: `);
    },
  );

  test("messages name what was got and wanted", () => {
    const x = zeros([3, 2, 1]);
    expect(() => packPadded(x, [1, 3])).toThrow(
      "packPadded: lengths [1, 3] are not in falling order; pass { enforceSorted: false }, or sort",
    );
    for (const wrong of [[0, 2], [4, 1], [3], [3, Number.NaN], [2.5, 1]])
      expect(() => packPadded(x, wrong)).toThrow(
        `packPadded: lengths [${wrong.join(", ")}] for 2 sequences of 3 steps; give 2 integers from 1 to 3`,
      );
    expect(() => packPadded(x, tensor([3, 1]))).toThrow(DTypeError);
    expect(() => packPadded(x, tensor([3], { dtype: "int32" }))).toThrow(ShapeError);
    expect(() => packPadded(x, 3 as unknown as number[])).toThrow("lengths are neither a list nor a tensor");
    expect(() => packPadded(zeros([3]), [3])).toThrow("packPadded: the tensor is [3]; give [time, batch, ...]");
    expect(() => packPadded(zeros([0, 2, 1]), [0, 0])).toThrow("packPadded: the tensor is [0, 2, 1]");
    expect(() => packPadded(x, [3, 1], { enforce_sorted: false } as object)).toThrow("did you mean enforceSorted?");
    expect(() => padPacked(x as unknown as PackedSequence)).toThrow("padPacked: packed is a tensor [");
    expect(() => padPacked(packPadded(x, [2, 1]), { totalLength: 1 })).toThrow(
      "padPacked: totalLength 1 for sequences of up to 2 steps; use an integer of at least 2",
    );
    for (const fn of [packSequence, padSequence]) {
      expect(() => fn([])).toThrow(`${fn.name}: got no sequences; give a list of at least one tensor`);
      expect(() => fn([zeros([2, 1]), zeros([1, 2])])).toThrow(`${fn.name}: sequence 1 is [1, 2], sequence 0 [2, 1]`);
      expect(() => fn([zeros([2, 1]), zeros([0, 1])])).toThrow(ShapeError);
      expect(() => fn([tensor(3)])).toThrow(ShapeError);
    }
    expect(() => unpadSequence(x, [3])).toThrow("unpadSequence: lengths [3] for 2 sequences of 3 steps");
  });

  test("lengths in a tensor that cannot be read at once: the error says what to await", () => {
    const { readSync: _readSync, ...device } = referenceBackend();
    const lengths = tensor([3, 1], { dtype: "int32", backend: device });
    expect(() => packPadded(zeros([3, 2, 1], { backend: device }), lengths)).toThrow(BackendError);
    expect(() => packPadded(zeros([3, 2, 1], { backend: device }), lengths)).toThrow("await tensor.data()");
    expect(packPadded(zeros([3, 2, 1], { backend: device }), [3, 1])).toBeInstanceOf(PackedSequence);
  });
});
