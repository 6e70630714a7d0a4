import type { HostTensor } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  type CellResult,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  packPadded,
  padPacked,
  Recurrent,
  RecurrentCell,
  RNN,
  RNNCell,
  scan,
  stepThrough,
} from "@unrolled/cells";
import {
  bernoulli,
  concat,
  Generator,
  gradCheck,
  interpreter,
  randn,
  setDefaultBackend,
  type Tensor,
  tensor,
  trace,
  zeros,
} from "@unrolled/core";
import { Linear, Module, Parameter } from "@unrolled/nn";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

const dtype = "float64";
const draw = (shape: readonly number[], seed: number): Tensor =>
  randn(shape, { dtype, std: 0.6, generator: new Generator(seed) });
const error = (a: Tensor, b: Tensor): number => largestError(a, b.toArray());
const joined = (parts: readonly Tensor[]): Tensor => concat(parts.map((part) => part.flatten()));

type AnyState = readonly Tensor[];
type AnyLayer = {
  forward(x: Tensor, state?: AnyState, options?: { lengths?: readonly number[] }): [Tensor, AnyState];
};

const stock = {
  RNN: { Layer: RNN, Cell: RNNCell, extra: { nonlinearity: "relu" }, parts: 1 },
  LSTM: { Layer: LSTM, Cell: LSTMCell, extra: {}, parts: 2 },
  GRU: { Layer: GRU, Cell: GRUCell, extra: {}, parts: 1 },
  "GRU, reset before": { Layer: GRU, Cell: GRUCell, extra: { resetAfter: false }, parts: 1 },
} as const;

const shapes = [
  { numLayers: 1, bidirectional: false },
  { numLayers: 1, bidirectional: true },
  { numLayers: 3, bidirectional: false },
  { numLayers: 2, bidirectional: true },
];

describe.each(Object.entries(stock))(
  "Recurrent over the cell of %s is that layer",
  (_name, { Layer, Cell, extra, parts }) => {
    describe.each(shapes)("$numLayers layers, bidirectional $bidirectional", (shape) => {
      test.each([
        { batchFirst: false, bias: true, lengths: undefined },
        { batchFirst: true, bias: true, lengths: [2, 4, 0] },
        { batchFirst: false, bias: false, lengths: [4, 1, 3] },
      ])("batchFirst $batchFirst, bias $bias, lengths $lengths", ({ batchFirst, bias, lengths }) => {
        const layer = new Layer(2, 3, { ...shape, batchFirst, bias, dtype, ...extra });
        const cells = new Recurrent<AnyState>(
          2,
          3,
          (inputSize) => new Cell(inputSize, 3, { bias, dtype, ...extra }) as never,
          {
            ...shape,
            batchFirst,
          },
        );
        const names = Object.keys(layer.stateDict());
        const own = Object.keys(cells.stateDict());
        expect(own).toHaveLength(names.length);
        cells.loadStateDict(Object.fromEntries(own.map((key, i) => [key, layer.stateDict()[names[i]]])));

        const directions = shape.bidirectional ? 2 : 1;
        const states = Array.from({ length: parts }, (_, i) => draw([shape.numLayers * directions, 3, 3], 5 + i));
        const x = draw(batchFirst ? [3, 4, 2] : [4, 3, 2], 1);
        const stockLayer: AnyLayer = {
          forward: (input, state, options) => {
            const [y, last] = layer.forward(input, (state && (parts === 1 ? state[0] : state)) as never, options);
            return [y, (parts === 1 ? [last] : last) as AnyState];
          },
        };
        const results = [stockLayer, cells as AnyLayer].map((net) => {
          const leaves = [x, ...states].map((leaf) => leaf.detach().requireGrad());
          const [y, last] = net.forward(leaves[0], leaves.slice(1), lengths ? { lengths } : {});
          joined([y, ...last])
            .square()
            .sum()
            .backward();
          return [y, ...last, ...leaves.map(({ grad }) => grad as Tensor)];
        });
        results[1].forEach((part, i) => {
          expect(error(part, results[0][i])).toBeLessThan(1e-12);
        });
        const gradients = [layer, cells].map((net) => net.parameters().map(({ grad }) => grad as Tensor));
        gradients[1].forEach((part, i) => {
          expect(error(part, gradients[0][i])).toBeLessThan(1e-12);
        });
      });
    });
  },
);

/** A cell as its user writes it: a leaky memory m of 2 and a hidden state of 3, projected input, a readout of 4. */
class Leaky extends RecurrentCell<readonly [h: Tensor, m: Tensor]> {
  readonly w: Parameter;
  readonly u = new Parameter(draw([2, 3], 21));
  readonly v = new Parameter(draw([3, 4], 22));

  constructor(inputSize: number) {
    super();
    this.w = new Parameter(draw([inputSize, 2], 20));
  }

  override zeroState(batch: number, { dtype, backend }: Tensor): readonly [Tensor, Tensor] {
    return [zeros([batch, 3], { dtype, backend }), zeros([batch, 2], { dtype, backend })];
  }

  override project(x: Tensor): Tensor {
    return x.matmul(this.w);
  }

  override step(x: Tensor, [h, m]: readonly [Tensor, Tensor]): CellResult<readonly [Tensor, Tensor]> {
    const memory = m.mul(0.8).add(x);
    const next = h.mul(0.5).add(memory.matmul(this.u)).tanh();
    return { output: next.matmul(this.v), state: [next, memory] };
  }
}

describe("a user's cell in a layer", () => {
  const make = (options: object = {}): Recurrent<readonly [Tensor, Tensor]> =>
    new Recurrent(2, 4, (inputSize) => new Leaky(inputSize), options);

  test("keys are cells.N, in the order of the state", () => {
    expect(Object.keys(make({ numLayers: 2, bidirectional: true }).stateDict())).toEqual(
      [0, 1, 2, 3].flatMap((k) => ["w", "u", "v"].map((name) => `cells.${k}.${name}`)),
    );
    expect(make({ numLayers: 2, bidirectional: true }).cells.map((cell) => (cell as Leaky).w.shape)).toEqual([
      [2, 2],
      [2, 2],
      [8, 2],
      [8, 2],
    ]);
  });

  test("the factory is told layer and direction", () => {
    const seen: unknown[] = [];
    new Recurrent(
      2,
      4,
      (...place) => {
        seen.push(place);
        return new Leaky(place[0]);
      },
      { numLayers: 2, bidirectional: true },
    );
    expect(seen).toEqual([
      [2, 0, "forward"],
      [2, 0, "reverse"],
      [8, 1, "forward"],
      [8, 1, "reverse"],
    ]);
  });

  test("state parts of unlike sizes come in and go out, unbatched too", () => {
    const layer = make({ numLayers: 2, bidirectional: true });
    const [y, [h, m]] = layer.forward(draw([5, 3, 2], 1), [draw([4, 3, 3], 2), draw([4, 3, 2], 3)]);
    expect([y.shape, h.shape, m.shape]).toEqual([
      [5, 3, 8],
      [4, 3, 3],
      [4, 3, 2],
    ]);
    const [y1, [h1, m1]] = layer.forward(draw([5, 2], 1), [draw([4, 3], 2), draw([4, 2], 3)]);
    expect([y1.shape, h1.shape, m1.shape]).toEqual([
      [5, 8],
      [4, 3],
      [4, 2],
    ]);
  });

  test.each([
    ["full", undefined],
    ["with lengths", [2, 4, 0]],
  ])("has right gradients, %s", (_case, lengths) => {
    const layer = make({ numLayers: 2, bidirectional: true });
    const check = gradCheck(
      (x, h, m) => {
        const [y, last] = layer.forward(x, [h, m], lengths ? { lengths } : {});
        return joined([y, ...last]);
      },
      [draw([4, 3, 2], 1), draw([4, 3, 3], 2), draw([4, 3, 2], 3)],
    );
    expect(check).toMatchObject({ ok: true });
  });

  test("packed gives what lengths give", () => {
    const layer = make({ numLayers: 2, bidirectional: true, batchFirst: true });
    const x = draw([3, 4, 2], 1);
    const [y, [h, m]] = layer.forward(x, undefined, { lengths: [2, 4, 1] });
    const packed = packPadded(x, [2, 4, 1], { batchFirst: true, enforceSorted: false });
    const [output, [hPacked, mPacked]] = layer.forward(packed);
    expect(error(padPacked(output, { batchFirst: true })[0], y)).toBe(0);
    expect([error(hPacked, h), error(mPacked, m)]).toEqual([0, 0]);
  });

  test("dropout acts between layers while training", () => {
    const layer = make({ numLayers: 2, dropout: 0.5, generator: new Generator(1) });
    const x = draw([4, 3, 2], 1);
    expect(layer.forward(x)[0].toArray()).not.toEqual(layer.forward(x)[0].toArray());
    layer.eval();
    expect(layer.forward(x)[0].toArray()).toEqual(layer.forward(x)[0].toArray());
  });

  test("one cell makes a layer of its own, and steps on its own", () => {
    const cell = new Leaky(2);
    const layer = new Recurrent(2, 4, cell);
    const x = draw([1, 3, 2], 1);
    const [y, [h]] = layer.forward(x);
    const once = cell.forward(x.squeeze(0));
    expect(error(y.squeeze(0), once.output)).toBe(0);
    expect(error(h.squeeze(0), once.state[0])).toBe(0);
  });

  test("traced and interpreted it is itself, with lengths as an input", async () => {
    const layer = make({ numLayers: 2, bidirectional: true });
    const inputs = { x: draw([4, 3, 2], 1), lengths: tensor([2, 4, 1], { dtype: "int32" }) };
    const run = ({ x, lengths }: typeof inputs): { y: Tensor; h: Tensor } => {
      const [y, [h]] = layer.forward(x, undefined, { lengths });
      return { y, h };
    };
    const graph = await trace((given) => run(given as typeof inputs), inputs, { constants: layer });
    const host = async (t: Tensor): Promise<HostTensor> => ({ data: await t.data(), shape: t.shape, dtype: t.dtype });
    for (const backend of [cpu(), decomposed]) {
      const program = await interpreter(backend).prepare(graph);
      const got = await program.run({ x: await host(inputs.x), lengths: await host(inputs.lengths) });
      const wanted = run(inputs);
      for (const key of ["y", "h"] as const) {
        const { data, shape } = got[key];
        expect(error(tensor(data, { shape }), wanted[key])).toBeLessThan(1e-12);
      }
    }
  });
});

/** Variational dropout (Gal and Ghahramani, 2016): one mask on h for the whole sequence. */
class Variational extends RecurrentCell<readonly [h: Tensor], Tensor> {
  readonly fromInput = new Linear(2, 6, { dtype });
  readonly fromState = new Linear(6, 6, { dtype });
  drawn = 0;

  override zeroState(batch: number, { dtype, backend }: Tensor): readonly [Tensor] {
    return [zeros([batch, 6], { dtype, backend })];
  }

  override sequenceContext(batch: number, { dtype, backend }: Tensor): Tensor {
    this.drawn++;
    return bernoulli([batch, 6], 0.5, { dtype, backend, generator: new Generator(this.drawn) }).mul(2);
  }

  override step(x: Tensor, [h]: readonly [Tensor], mask: Tensor): CellResult<readonly [Tensor]> {
    const next = this.fromInput
      .forward(x)
      .add(this.fromState.forward(h.mul(mask)))
      .tanh();
    return { output: next, state: [next] };
  }
}

test("what is drawn once a sequence is the same at every step", () => {
  const cell = new Variational();
  const x = draw([5, 3, 2], 1);
  const { output } = scan(cell, x);
  expect(cell.drawn).toBe(1);
  const mask = bernoulli([3, 6], 0.5, { dtype, generator: new Generator(1) }).mul(2);
  let h = zeros([3, 6], { dtype });
  for (const row of x.unbind(0)) h = cell.step(row, [h], mask).state[0];
  expect(error(output.select(0, -1), h)).toBe(0);
  expect(error(scan(cell, x).output, output)).toBeGreaterThan(1e-3);
  const [y] = new Recurrent(2, 6, new Variational()).forward(x);
  expect(error(y, output)).toBeGreaterThan(1e-3); // other weights, same masks
  expect(cell.drawn).toBe(2);
});

describe("a projected LSTM", () => {
  test.each([
    ["forward", {}],
    ["both ways with lengths", { lengths: [2, 0, 4] }],
  ])("%s has right gradients", (_case, options) => {
    const layer = new LSTM(2, 3, { projSize: 2, numLayers: 2, bidirectional: "lengths" in options, dtype });
    const cells = layer.cellCount;
    const parameters = layer.parameters();
    const check = gradCheck(
      (x, h, c) => {
        const [y, last] = layer.forward(x, [h, c], options);
        return joined([y, ...last]);
      },
      [draw([4, 3, 2], 1), draw([cells, 3, 2], 2), draw([cells, 3, 3], 3)],
    );
    expect(check).toMatchObject({ ok: true });
    expect(parameters).toHaveLength(5 * cells);
  });

  test("has PyTorch's keys in PyTorch's order, and starts within 1/sqrt(hidden)", () => {
    const layer = new LSTM(4, 16, { projSize: 8, numLayers: 2, bias: false });
    expect(Object.entries(layer.stateDict()).map(([key, { shape }]) => [key, shape])).toEqual([
      ["weight_ih_l0", [64, 4]],
      ["weight_hh_l0", [64, 8]],
      ["weight_hr_l0", [8, 16]],
      ["weight_ih_l1", [64, 8]],
      ["weight_hh_l1", [64, 8]],
      ["weight_hr_l1", [8, 16]],
    ]);
    const largest = Math.max(...layer.weight_hr_l0.dataSync().map(Math.abs));
    expect(largest).toBeGreaterThan(0.2);
    expect(largest).toBeLessThanOrEqual(0.25);
  });

  test("refuses sizes that do not project, and layers that cannot", () => {
    for (const projSize of [-1, 3, 4, 1.5, Number.NaN])
      expect(() => new LSTM(2, 3, { projSize })).toThrow(
        `LSTM: projSize ${projSize} for hiddenSize 3; use an integer below 3, 0 for no projection`,
      );
    expect(Object.keys(new LSTM(2, 3, { projSize: 0 }).stateDict())).not.toContain("weight_hr_l0");
    expect(() => new GRU(2, 3, { projSize: 1 } as object)).toThrow("GRU: unknown option projSize");
    expect(() =>
      new LSTM(2, 3, { projSize: 1 }).forward(zeros([4, 5, 2]), [zeros([1, 5, 3]), zeros([1, 5, 3])]),
    ).toThrow("LSTM: h is [1, 5, 3]; give [1, 5, 1], also with batchFirst");
  });
});

describe("mistakes", () => {
  const wrong = (cell: Leaky | RecurrentCell<AnyState>, outputSize = 4): Recurrent<AnyState> =>
    new Recurrent<AnyState>(2, outputSize, cell as never);
  class Broken extends RecurrentCell<AnyState> {
    constructor(private readonly result: (x: Tensor, h: Tensor) => CellResult<AnyState>) {
      super();
    }
    override zeroState(batch: number): AnyState {
      return [zeros([batch, 3])];
    }
    override step(x: Tensor, [h]: AnyState): CellResult<AnyState> {
      return this.result(x, h);
    }
  }
  const x = zeros([4, 5, 2]);

  test("one cell for several places, no cell, and sizes that are no counts", () => {
    expect(() => new Recurrent(2, 4, new Leaky(2), { numLayers: 2 })).toThrow(
      "Recurrent: one cell for 2 layers and directions; give a function that makes one",
    );
    expect(() => new Recurrent(2, 4, () => ({}) as never)).toThrow(
      "Recurrent: the cell is not a module with zeroState",
    );
    expect(
      () =>
        new Recurrent(
          2,
          4,
          () =>
            new (class extends Module {
              override forward(): void {
                // no cell
              }
            })() as never,
        ),
    ).toThrow("extend RecurrentCell");
    expect(() => new Recurrent(2, 0, new Leaky(2))).toThrow("Recurrent: outputSize 0; use a positive integer");
    expect(() => new Recurrent(2, 4, new Leaky(2), { bias: false } as object)).toThrow(
      "Recurrent: unknown option bias",
    );
  });

  test("an output of another size than said", () => {
    const cell = new Broken((_x, h) => ({ output: h, state: [h] }));
    expect(() => wrong(cell).forward(x)).toThrow(
      "Recurrent: a cell's outputs are [4, 5, 3]; this layer was made for outputSize 4",
    );
  });

  test("a step that loses the batch, a part of the state, or its shape", () => {
    const cases: readonly [(x: Tensor, h: Tensor) => CellResult<AnyState>, string][] = [
      [
        (_x, h) => ({ output: h.sum(0), state: [h] }),
        "step: the cell's output is [3] for a batch of 5; return [5, features]",
      ],
      [
        (_x, h) => ({ output: h, state: [] }),
        "step: the cell was given the state [5, 3] and returned ; return as many tensors",
      ],
      [(_x, h) => ({ output: h, state: [h.sum(0)] }), "step: the cell was given the state [5, 3] and returned [3];"],
    ];
    for (const [result, message] of cases)
      for (const lengths of [undefined, [1, 2, 3, 4, 4]])
        expect(() => wrong(new Broken(result), 3).forward(x, undefined, lengths ? { lengths } : {})).toThrow(message);
  });

  test("states that do not fit", () => {
    const layer = new Recurrent(2, 4, new Leaky(2));
    const leaf = draw([4, 5, 2], 1);
    expect(() => layer.forward(leaf, [zeros([1, 5, 3])] as never)).toThrow(
      "Recurrent: the state is [a tensor [1, 5, 3]]; give the list [state[0], state[1]], 2 tensors",
    );
    expect(() => layer.forward(leaf, zeros([1, 5, 3]) as never)).toThrow(
      "Recurrent: the state is a tensor [1, 5, 3]; give the list",
    );
    expect(() => layer.forward(leaf, [zeros([1, 5, 3]), 0] as never)).toThrow("state[1] is no tensor but 0");
    expect(() => layer.forward(leaf, [zeros([1, 5, 3]), zeros([1, 5, 3])])).toThrow(
      "Recurrent: state[1] is [1, 5, 3]; give [1, 5, 2], also with batchFirst",
    );
    expect(() => new LSTM(2, 3).forward(x, zeros([1, 5, 3]) as never)).toThrow(
      "LSTM: the state is a tensor [1, 5, 3]; give the list [h, c], 2 tensors",
    );
    expect(() => new GRU(2, 3).forward(x, [zeros([1, 5, 3])] as never)).toThrow(
      "GRU: h is no tensor but [a tensor [1, 5, 3]]",
    );
    expect(() => new LSTMCell(2, 3).forward(zeros([5, 2]), zeros([5, 3]) as never)).toThrow(
      "LSTMCell: the state is a tensor [5, 3]; give the list [h, c], 2 tensors",
    );
  });

  test("errors keep the layer's name in a minified bundle", () => {
    const Minified = class a extends LSTM {};
    expect(() => new Minified(2, 3).forward(zeros([2]))).toThrow(/^LSTM: x is \[2\]/);
    expect(() => new (class b extends GRUCell {})(0, 3)).toThrow(/^GRUCell: inputSize 0/);
  });

  test("x that is no tensor, and forward options that nobody reads", () => {
    expect(() => new RNN(2, 3).forward([1, 2] as never)).toThrow("RNN: x is no tensor but [1, 2]; make one: tensor(x)");
    expect(() => new RNN(2, 3).forward(x, undefined, { length: [1] } as object)).toThrow("RNN: unknown option length");
  });

  test("lengths to scan are checked as a layer's are", () => {
    const cell = new Leaky(2);
    const rows = draw([4, 3, 2], 1);
    expect(() => scan(cell, rows, undefined, { lengths: [5, 1, 1] })).toThrow(
      "scan: lengths [5, 1, 1] for 3 sequences",
    );
    expect(() => scan(cell, rows, undefined, { lengths: tensor([5, 1, 1], { dtype: "int32" }) })).toThrow(
      "scan: lengths [5",
    );
    expect(() => scan(cell, rows, undefined, { lengths: tensor([1, 1, 1]) })).toThrow("scan: lengths are float32");
    expect(() => scan(cell, rows, undefined, { reversed: true } as object)).toThrow("scan: unknown option reversed");
    const lengths = tensor([2, 4, 0], { dtype: "int32" });
    const listed = scan(cell, rows, undefined, { lengths: [2, 4, 0] });
    expect(error(listed.output, stepThrough(cell, rows, cell.zeroState(3, rows), { lengths }).output)).toBe(0);
  });
});
