import { ArgumentError, DTypeError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type CellOptions, GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell, scan } from "@unrolled/cells";
import { setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";

setDefaultBackend(cpu());

function refusal(fn: () => unknown, kind: new (...args: never[]) => Error): string {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(kind);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe.each([RNN, LSTM, GRU].map((Layer) => [Layer.name, Layer] as const))("%s", (name, Layer) => {
  test("names a rank that does not fit, and the layout", () => {
    expect(refusal(() => new Layer(2, 3).forward(zeros([2])), ShapeError)).toBe(
      `${name}: x is [2]; give [time, batch, features], or [time, features] for one sequence`,
    );
    expect(refusal(() => new Layer(2, 3, { batchFirst: true }).forward(zeros([1, 1, 1, 2])), ShapeError)).toBe(
      `${name}: x is [1, 1, 1, 2]; give [batch, time, features], or [time, features] for one sequence`,
    );
  });

  test("names a number of features that does not fit", () => {
    expect(refusal(() => new Layer(2, 3).forward(zeros([5, 4, 7])), ShapeError)).toBe(
      `${name}: x [5, 4, 7] has 7 features; this layer was made for inputSize 2: give it that many in the last dimension`,
    );
  });

  test("wants at least one time step", () => {
    expect(refusal(() => new Layer(2, 3).forward(zeros([0, 4, 2])), ShapeError)).toContain("at least one time step");
  });

  test("wants its own dtype", () => {
    expect(refusal(() => new Layer(2, 3).forward(zeros([5, 4, 2], { dtype: "float64" })), DTypeError)).toBe(
      `${name}: x is float64, the weights are float32; cast it: x.cast("float32")`,
    );
  });

  test.each([
    ["list too short", [5, 5]],
    ["list too long", [5, 5, 5, 5, 5]],
    ["length beyond the end", [5, 6, 5, 5]],
    ["negative length", [5, -1, 5, 5]],
    ["fraction", [5, 2.5, 5, 5]],
    ["NaN", [5, Number.NaN, 5, 5]],
  ])("refuses lengths: %s", (_what, lengths) => {
    expect(refusal(() => new Layer(2, 3).forward(zeros([5, 4, 2]), undefined, { lengths }), ArgumentError)).toBe(
      `${name}: lengths [${lengths.join(", ")}] for 4 sequences of 5 steps; give 4 integers from 0 to 5`,
    );
  });

  test.each([cpu(), decomposed])("refuses a tensor of lengths with a wrong dtype or shape on $name", (backend) => {
    const layer = new Layer(2, 3, { backend });
    const run = (lengths: Tensor) => () => layer.forward(zeros([5, 2, 2], { backend }), undefined, { lengths });
    expect(refusal(run(tensor([1, 2], { backend })), DTypeError)).toBe(
      `${name}: lengths are float32; cast them: lengths.cast("int32")`,
    );
    for (const wrong of [[1], [[1, 2]], [1, 2, 3]])
      expect(refusal(run(tensor(wrong, { dtype: "int32", backend })), ShapeError)).toContain(
        "; give one for each sequence: [2]",
      );
  });

  test.each([cpu(), decomposed])("refuses a tensor of lengths out of range on $name", (backend) => {
    const layer = new Layer(2, 3, { backend });
    for (const wrong of [
      [2, 6],
      [-1, 2],
    ]) {
      const lengths = tensor(wrong, { dtype: "int32", backend });
      expect(refusal(() => layer.forward(zeros([5, 2, 2], { backend }), undefined, { lengths }), ArgumentError)).toBe(
        `${name}: lengths [${wrong.join(", ")}] for 2 sequences of 5 steps; give 2 integers from 0 to 5`,
      );
    }
  });

  test("refuses lengths that are no list", () => {
    const lengths = new Set([1, 2]) as unknown as number[];
    expect(refusal(() => new Layer(2, 3).forward(zeros([5, 2, 2]), undefined, { lengths }), ArgumentError)).toBe(
      `${name}: lengths are neither a list nor a tensor; give integers, or an int32 tensor`,
    );
  });

  test("refuses sizes that are no counts", () => {
    expect(refusal(() => new Layer(0, 3), ArgumentError)).toBe(`${name}: inputSize 0; use a positive integer`);
    expect(refusal(() => new Layer(1, 2.5), ArgumentError)).toBe(`${name}: hiddenSize 2.5; use a positive integer`);
    expect(refusal(() => new Layer(1, 1, { numLayers: -1 }), ArgumentError)).toBe(
      `${name}: numLayers -1; use a positive integer`,
    );
  });

  test("refuses dropout that could drop nothing, or is no probability", () => {
    expect(refusal(() => new Layer(1, 1, { dropout: 0.2 }), ArgumentError)).toContain(
      `${name}: dropout 0.2 with one layer drops nothing; it acts between layers`,
    );
    expect(refusal(() => new Layer(1, 1, { dropout: 2, numLayers: 2 }), ArgumentError)).toContain("probability 2");
    expect(refusal(() => new Layer(1, 1, { dropout: -1 }), ArgumentError)).toContain("probability -1");
  });
});

test("a state of a wrong shape is named with the right one", () => {
  const x = zeros([5, 4, 2]);
  const wanted = "is [1, 4, 3]; give [2, 4, 3], also with batchFirst";
  const state = zeros([1, 4, 3]);
  expect(refusal(() => new RNN(2, 3, { numLayers: 2 }).forward(x, state), ShapeError)).toBe(`RNN: h ${wanted}`);
  expect(refusal(() => new GRU(2, 3, { bidirectional: true }).forward(x, state), ShapeError)).toBe(`GRU: h ${wanted}`);
  const pair = [zeros([2, 4, 3]), state] as const;
  expect(refusal(() => new LSTM(2, 3, { numLayers: 2 }).forward(x, pair), ShapeError)).toBe(`LSTM: c ${wanted}`);
  expect(refusal(() => new RNN(2, 3).forward(zeros([5, 2]), state), ShapeError)).toContain("give [1, 3]");
});

test("RNN and RNNCell refuse another nonlinearity", () => {
  const nonlinearity = "sigmoid" as "tanh";
  expect(() => new RNN(1, 1, { nonlinearity })).toThrow('RNN: nonlinearity "sigmoid"; use "tanh" or "relu"');
  expect(() => new RNNCell(1, 1, { nonlinearity })).toThrow('RNNCell: nonlinearity "sigmoid"; use "tanh" or "relu"');
});

describe.each([
  ["RNNCell", (options?: CellOptions) => new RNNCell(2, 3, options), (h: Tensor) => h],
  ["LSTMCell", (options?: CellOptions) => new LSTMCell(2, 3, options), (h: Tensor) => [h, h]],
  ["GRUCell", (options?: CellOptions) => new GRUCell(2, 3, options), (h: Tensor) => h],
] as const)("%s", (name, make, asState) => {
  const step = (x: Tensor, h?: Tensor): unknown =>
    (make() as unknown as { forward(x: Tensor, state?: unknown): unknown }).forward(x, h && asState(h));

  test("names shapes that do not fit", () => {
    for (const x of [zeros([5]), zeros([4, 5]), zeros([4, 4, 2]), zeros([])])
      expect(refusal(() => step(x), ShapeError)).toBe(
        `${name}: x is [${x.shape.join(", ")}]; give [batch, 2], or [2] for one sequence`,
      );
    expect(refusal(() => step(zeros([4, 2]), zeros([3])), ShapeError)).toBe(`${name}: h is [3]; give [4, 3]`);
    expect(refusal(() => step(zeros([2]), zeros([1, 3])), ShapeError)).toBe(`${name}: h is [1, 3]; give [3]`);
  });

  test("refuses sizes that are no counts", () => {
    const Cells = { RNNCell, LSTMCell, GRUCell };
    expect(refusal(() => new Cells[name](0, 1), ArgumentError)).toBe(`${name}: inputSize 0; use a positive integer`);
    expect(refusal(() => new Cells[name](1, -1), ArgumentError)).toBe(`${name}: hiddenSize -1; use a positive integer`);
  });
});

test("scan wants three dimensions and a time step", () => {
  const cell = new RNNCell(2, 3);
  for (const x of [zeros([4, 2]), zeros([0, 1, 2])])
    expect(refusal(() => scan(cell, x), ShapeError)).toContain(`scan: x is [${x.shape.join(", ")}]; give [time steps`);
});

test("options that nobody reads are refused, with the name that was meant", () => {
  expect(() => new LSTM(1, 2, { batch_first: true } as object)).toThrow(
    /unknown option batch_first; did you mean batchFirst\?/,
  );
  expect(() => new GRUCell(1, 2, { projSize: 1 } as object)).toThrow(/GRUCell: unknown option projSize/);
});

test("lengths may be the Int32Array that padCollate gives", () => {
  const x = zeros([3, 2, 1]);
  const [y] = new RNN(1, 2).forward(x, undefined, { lengths: Int32Array.of(3, 1) });
  expect(y.select(1, 1).narrow(0, 1, 2).toArray()).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(() => new RNN(1, 2).forward(x, undefined, { lengths: Int32Array.of(4, 1) })).toThrow(
    /lengths \[4, 1\] for 2 sequences of 3 steps/,
  );
});
