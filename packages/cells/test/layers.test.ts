import { cpu } from "@unrolled/backend-cpu";
import { type Cell, GRU, LSTM, type RecurrentOptions, RNN, scan } from "@unrolled/cells";
import {
  concat,
  Generator,
  manualSeed,
  type NestedArray,
  randn,
  setDefaultBackend,
  type Tensor,
  tensor,
  zeros,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

const dtype = "float64";
const draw = (shape: readonly number[], seed = 1): Tensor => randn(shape, { dtype, generator: new Generator(seed) });
const error = (a: Tensor, b: Tensor): number => largestError(a, b.toArray());
const states = (last: Tensor | readonly Tensor[]): readonly Tensor[] => (Array.isArray(last) ? last : [last as Tensor]);

type Layer = RNN | LSTM | GRU;
type Make = (inputSize: number, hiddenSize: number, options?: RecurrentOptions) => Layer;
const kinds: readonly (readonly [string, Make])[] = [
  ["RNN", (i, h, options) => new RNN(i, h, { dtype, ...options })],
  ["LSTM", (i, h, options) => new LSTM(i, h, { dtype, ...options })],
  ["GRU", (i, h, options) => new GRU(i, h, { dtype, ...options })],
];

/** Any layer by one signature: all outputs, then the last states. */
function run(layer: Layer, x: Tensor, start?: readonly Tensor[], lengths?: readonly number[]): Tensor[] {
  const options = lengths ? { lengths } : {};
  const result =
    layer instanceof LSTM
      ? layer.forward(x, start && [start[0], start[1]], options)
      : layer.forward(x, start?.[0], options);
  return [result[0], ...states(result[1])];
}

/** A single-direction layer with one layer and direction's weights of another. */
function part(make: Make, of: Layer, suffix: string, inputSize: number): Layer {
  const layer = make(inputSize, of.hiddenSize);
  const state = of.stateDict();
  layer.loadStateDict(
    Object.fromEntries(Object.keys(layer.stateDict()).map((key) => [key, state[key.replace("l0", suffix)]])),
  );
  return layer;
}

/** What a bidirectional layer must give, one sequence at a time, cut to its length, with flips by hand. */
function bothWays(make: Make, layer: Layer, x: Tensor, start: readonly Tensor[] | undefined, lengths: number[]) {
  const [steps, batch] = x.shape;
  const outputs: Tensor[] = [];
  const last: Tensor[][] = [];
  for (let b = 0; b < batch; b++) {
    let input = x.narrow(1, b, 1).narrow(0, 0, lengths[b]);
    const ends: Tensor[][] = [];
    for (let l = 0; l < layer.numLayers; l++) {
      const begin = (k: number) => start?.map((s) => s.narrow(0, k, 1).narrow(1, b, 1));
      const size = input.shape[2];
      const [ahead, ...lastAhead] = run(part(make, layer, `l${l}`, size), input, begin(2 * l));
      const [back, ...lastBack] = run(part(make, layer, `l${l}_reverse`, size), input.flip(0), begin(2 * l + 1));
      input = concat([ahead, back.flip(0)], 2);
      ends.push(lastAhead, lastBack);
    }
    outputs.push(
      input.pad([
        [0, steps - lengths[b]],
        [0, 0],
        [0, 0],
      ]),
    );
    last.push(ends[0].map((_, i) => concat(ends.map((parts) => parts[i]))));
  }
  return [
    concat(outputs, 1),
    ...last[0].map((_, i) =>
      concat(
        last.map((parts) => parts[i]),
        1,
      ),
    ),
  ];
}

describe.each(kinds)("%s", (_name, make) => {
  const stateCount = make(1, 1) instanceof LSTM ? 2 : 1;
  const start = (cells: number, batch: number, hidden: number): Tensor[] =>
    Array.from({ length: stateCount }, (_, i) => draw([cells, batch, hidden], 40 + i));

  test("has PyTorch's keys in PyTorch's order", () => {
    expect(Object.keys(make(2, 3, { numLayers: 2, bidirectional: true }).stateDict())).toEqual(
      ["l0", "l0_reverse", "l1", "l1_reverse"].flatMap((cell) =>
        ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => `${name}_${cell}`),
      ),
    );
    expect(Object.keys(make(2, 3, { bias: false }).stateDict())).toEqual(["weight_ih_l0", "weight_hh_l0"]);
  });

  test("starts uniform within 1/sqrt(hidden), by the seed", () => {
    const layer = make(30, 16, { generator: new Generator(2) });
    for (const [name, parameter] of layer.namedParameters()) {
      const largest = Math.max(...parameter.dataSync().map(Math.abs));
      expect(largest, name).toBeLessThanOrEqual(0.25);
      expect(largest, name).toBeGreaterThan(0.2);
    }
    expect(make(30, 16, { generator: new Generator(2) }).weight_hh_l0.toArray()).toEqual(layer.weight_hh_l0.toArray());
    manualSeed(2);
    expect(make(30, 16).weight_hh_l0.toArray()).toEqual(layer.weight_hh_l0.toArray());
  });

  test("batchFirst swaps x and y, but not the state", () => {
    const layer = make(2, 3, { numLayers: 2 });
    const swapped = make(2, 3, { numLayers: 2, batchFirst: true });
    swapped.loadStateDict(layer.stateDict());
    const x = draw([5, 4, 2]);
    const [y, ...last] = run(layer, x, start(2, 4, 3));
    const [ySwapped, ...lastSwapped] = run(swapped, x.swapAxes(0, 1), start(2, 4, 3));
    expect(ySwapped.shape).toEqual([4, 5, 3]);
    expect(error(ySwapped.swapAxes(0, 1), y)).toBe(0);
    expect(lastSwapped.map((part, i) => error(part, last[i]))).toEqual(last.map(() => 0));
  });

  test("takes one sequence without a batch dimension", () => {
    const layer = make(2, 3, { numLayers: 2, bidirectional: true });
    const x = draw([5, 2]);
    const begin = start(4, 1, 3);
    const [y, ...last] = run(layer, x.unsqueeze(1), begin, [4]);
    const [y1, ...last1] = run(
      layer,
      x,
      begin.map((part) => part.squeeze(1)),
      [4],
    );
    expect(y1.shape).toEqual([5, 6]);
    expect(last1[0].shape).toEqual([4, 3]);
    expect(error(y1, y.squeeze(1))).toBe(0);
    expect(last1.map((part, i) => error(part, last[i].squeeze(1)))).toEqual(last.map(() => 0));
  });

  test("an absent state is zeros", () => {
    const layer = make(2, 3, { numLayers: 2 });
    const x = draw([4, 2, 2]);
    const none = Array.from({ length: stateCount }, () => zeros([2, 2, 3], { dtype }));
    expect(run(layer, x).map((part) => part.toArray())).toEqual(run(layer, x, none).map((part) => part.toArray()));
  });

  test("goes on where it stopped", () => {
    const layer = make(2, 3, { numLayers: 2 });
    const x = draw([7, 2, 2]);
    const [y, ...last] = run(layer, x);
    const [head, ...between] = run(layer, x.narrow(0, 0, 3));
    const [tail, ...end] = run(layer, x.narrow(0, 3, 4), between);
    expect(error(concat([head, tail]), y)).toBeLessThan(1e-15);
    end.forEach((part, i) => {
      expect(error(part, last[i])).toBeLessThan(1e-15);
    });
  });

  test.each([cpu(), decomposed])("takes a batch of none on $name", (backend) => {
    const layer = make(2, 3, { backend, bidirectional: true });
    const [y, h] = run(layer, zeros([4, 0, 2], { dtype, backend }));
    expect(y.shape).toEqual([4, 0, 6]);
    expect(h.shape).toEqual([2, 0, 3]);
    y.sum().backward();
    expect(layer.weight_ih_l0.grad?.norm().item()).toBe(0);
  });

  test("a length of 0 gives zeros, hands the state through, and takes no gradient from the input", () => {
    const layer = make(2, 3, { bidirectional: true });
    const x = draw([4, 2, 2]).requireGrad();
    const begin = start(2, 2, 3).map((part) => part.requireGrad());
    const [y, ...last] = run(layer, x, begin, [0, 4]);
    expect(y.select(1, 0).norm().item()).toBe(0);
    last.forEach((part, i) => {
      expect(part.select(1, 0).toArray()).toEqual(begin[i].select(1, 0).toArray());
    });
    [y, ...last]
      .map((part) => part.sum())
      .reduce((a, b) => a.add(b))
      .backward();
    expect((x.grad as Tensor).select(1, 0).norm().item()).toBe(0);
    for (const { grad } of begin) expect((grad as Tensor).select(1, 0).toArray()).toEqual([1, 1].map(() => [1, 1, 1]));
  });

  test("equal lengths are no lengths", () => {
    const layer = make(2, 3, { numLayers: 2, bidirectional: true });
    const x = draw([4, 2, 2]);
    expect(run(layer, x, undefined, [4, 4]).map((part) => part.toArray())).toEqual(
      run(layer, x).map((part) => part.toArray()),
    );
  });

  test("asCell goes through all layers, one step at a time", () => {
    const layer = make(2, 3, { numLayers: 3 });
    const x = draw([4, 2, 2]);
    const [y, ...last] = run(layer, x);
    const cell = layer.asCell() as unknown as Cell<readonly Tensor[]>;
    const { output, state } = scan(cell, x);
    expect(error(output, y)).toBeLessThan(1e-14);
    state.forEach((part, i) => {
      expect(error(part, last[i])).toBeLessThan(1e-14);
    });
  });

  describe("bidirectional", () => {
    const full = [5, 5, 5];
    const ragged = [2, 5, 1];
    test.each([
      ["one layer", 1, full],
      ["two layers", 2, full],
      ["one layer with lengths", 1, ragged],
      ["two layers with lengths", 2, ragged],
    ])("%s: each way as a layer of its own, flipped by hand", (_case, numLayers, lengths) => {
      const layer = make(2, 3, { numLayers, bidirectional: true });
      const x = draw([5, 3, 2]).requireGrad();
      const begin = start(2 * numLayers, 3, 3).map((part) => part.requireGrad());
      for (const initial of [undefined, begin]) {
        const actual = run(layer, x, initial, lengths === full ? undefined : lengths);
        const expected = bothWays(make, layer, x, initial, lengths);
        expect(actual).toHaveLength(expected.length);
        actual.forEach((part, i) => {
          expect(error(part, expected[i]), `result ${i}`).toBeLessThan(1e-14);
        });
        const gradients = [actual, expected].map((results) => {
          for (const leaf of [x, ...begin]) leaf.grad = null;
          const weighted = results.map((part, i) => part.mul(draw(part.shape, 60 + i)).sum());
          weighted.reduce((a, b) => a.add(b)).backward();
          return [x, ...(initial ?? [])].map((leaf) => leaf.grad?.toArray() as NestedArray);
        });
        gradients[0].forEach((gradient, i) => {
          expect(largestError(tensor(gradient, { dtype }), gradients[1][i]), `gradient ${i}`).toBeLessThan(1e-13);
        });
      }
    });
  });

  describe("dropout", () => {
    const layer = make(2, 8, { numLayers: 2, dropout: 0.5 });
    const x = draw([4, 3, 2]);
    const output = (): NestedArray => run(layer, x)[0].toArray();

    test("drops anew in training, the same for the same seed", () => {
      layer.train();
      manualSeed(8);
      const first = output();
      expect(output()).not.toEqual(first);
      manualSeed(8);
      expect(output()).toEqual(first);
    });

    test("is off in evaluation mode", () => {
      const plain = make(2, 8, { numLayers: 2 });
      plain.loadStateDict(layer.stateDict());
      layer.eval();
      expect(output()).toEqual(run(plain, x)[0].toArray());
    });

    test("acts between layers and not after the last", () => {
      const all = make(2, 8, { numLayers: 2, dropout: 1 });
      const last = part(make, all, "l1", 8);
      expect(error(run(all, x)[0], run(last, zeros([4, 3, 8], { dtype }))[0])).toBe(0);
    });
  });
});
