import { ArgumentError, type HostTensor, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from "@unrolled/cells";
import { concat, noGrad, setDefaultBackend, Tensor, tensor } from "@unrolled/core";
import { Embedding, LayerNorm, Linear, Module } from "@unrolled/nn";
import {
  fromKeras,
  gruFromKeras,
  gruToKeras,
  lstmFromKeras,
  readNpz,
  readSafetensors,
  StateDictError,
  toKeras,
  writeNpz,
} from "@unrolled/weights";
import { describe, expect, it } from "vitest";
import { golden, goldenJson } from "./goldens.js";

setDefaultBackend(cpu());

type Spec = Readonly<Record<string, unknown>> & { readonly class: string; readonly layer?: Spec };

interface Case {
  readonly name: string;
  readonly files: { readonly paths: string; readonly list?: string; readonly safetensors?: string };
  readonly layers: readonly Spec[];
  readonly weights: readonly { readonly path: string; readonly shape: readonly number[]; readonly h5: string }[];
  readonly input: unknown[];
  readonly output: unknown[];
  readonly states?: readonly unknown[];
}
const cases = goldenJson<{ models: Case[] }>("keras.json").models;
const tolerance = 1e-5;

const kerasName = ({ class: kind }: Spec): string =>
  kind.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toLowerCase();

function recurrent(spec: Spec, inputSize: number, bidirectional: boolean): RNN | LSTM | GRU {
  const options = { batchFirst: true, bias: spec.use_bias !== false, bidirectional };
  const units = Number(spec.units);
  if (spec.class === "LSTM") return new LSTM(inputSize, units, options);
  if (spec.class === "GRU") return new GRU(inputSize, units, { ...options, resetAfter: spec.reset_after !== false });
  return new RNN(inputSize, units, { ...options, nonlinearity: spec.activation === "relu" ? "relu" : "tanh" });
}

/** A Keras model's layers, each a property of its Keras name. */
class Imported extends Module {
  readonly names: string[] = [];
  readonly specs: readonly Spec[];
  readonly [layer: string]: unknown;
  override forward: (x: Tensor) => Tensor[];

  constructor(specs: readonly Spec[], features: number) {
    super();
    this.specs = specs;
    let size = features;
    for (const spec of specs) {
      const name = this.freeName(kerasName(spec));
      const inner = spec.layer ?? spec;
      const made =
        spec.class === "Dense"
          ? new Linear(size, Number(spec.units), { bias: spec.use_bias !== false })
          : spec.class === "Embedding"
            ? new Embedding(Number(spec.input_dim), Number(spec.output_dim))
            : spec.class === "LayerNormalization"
              ? new LayerNorm(size, { eps: 1e-3 })
              : recurrent(inner, size, spec.class === "Bidirectional");
      size = Number(inner.units ?? spec.output_dim ?? size) * (spec.class === "Bidirectional" ? 2 : 1);
      Object.assign(this, { [name]: made });
      this.names.push(name);
    }
    this.forward = (x) => this.run(x);
  }

  private freeName(stem: string): string {
    const taken = this.names.filter((name) => name.replace(/_\d+$/, "") === stem).length;
    return taken === 0 ? stem : `${stem}_${taken}`;
  }

  /** The output, then the states in Keras's order. */
  private run(input: Tensor): Tensor[] {
    let x = input;
    let lengths: number[] | undefined;
    let states: Tensor[] = [];
    for (const [i, name] of this.names.entries()) {
      const module = this[name];
      const spec = this.specs[i];
      if (spec.mask_zero === true)
        lengths = (input.toArray() as number[][]).map((row) => row.filter((index) => index !== 0).length);
      if (module instanceof Linear || module instanceof Embedding || module instanceof LayerNorm) x = module.forward(x);
      else {
        const layer = module as LSTM;
        const [y, last] = layer.forward(x, undefined, lengths ? { lengths } : {});
        const parts = Array.isArray(last) ? last : [last as unknown as Tensor];
        const directions = layer.bidirectional ? [0, 1] : [0];
        states = directions.flatMap((direction) => parts.map((part) => part.select(0, direction)));
        const ends = directions.map((direction) => parts[0].select(0, direction));
        x = (spec.layer ?? spec).return_sequences === true ? y : concat(ends, 1);
      }
    }
    return [x, ...states];
  }
}

const difference = (a: Tensor, b: unknown): number => {
  const wanted = (b as unknown[]).flat(9).map(Number);
  expect(a.size).toBe(wanted.length);
  return Math.max(...[...a.dataSync()].map((value, i) => Math.abs(value - wanted[i])));
};

function check(model: Imported, { input, output, states }: Case): void {
  const isIndex = model.specs[0].class === "Embedding";
  const [y, ...last] = model.forward(tensor(input as number[][], isIndex ? { dtype: "int32" } : {}));
  expect(difference(y, output)).toBeLessThan(tolerance);
  if (states === undefined) return;
  expect(last).toHaveLength(states.length);
  for (const [i, state] of states.entries()) expect(difference(last[i], state)).toBeLessThan(tolerance);
}

const make = ({ layers, input }: Case): Imported => new Imported(layers, (input as number[][][])[0][0].length ?? 0);

describe.each(cases)("Keras's $name", (row) => {
  const arrays = readNpz(golden(row.files.paths));
  const nothing = { missing: [], unexpected: [], misshaped: [] };

  it("from arrays by path gives Keras's outputs and states", () => {
    const model = make(row);
    expect(fromKeras(model, arrays)).toEqual(nothing);
    check(model, row);
  });

  it("from the names in .weights.h5 gives them too", () => {
    const model = make(row);
    const byDataset = Object.fromEntries(row.weights.map(({ path, h5 }) => [h5, arrays[path]]));
    const layers = Object.fromEntries(model.names.map((name) => [name, `layers/${name}`]));
    expect(fromKeras(model, byDataset, { layers })).toEqual(nothing);
    check(model, row);
  });

  it("from get_weights() gives them too", () => {
    const model = make(row);
    fromKeras(model, row.files.list ? readNpz(golden(row.files.list)) : Object.values(arrays));
    check(model, row);
  });

  const { safetensors } = row.files;
  if (safetensors !== undefined) {
    it("from safetensors gives them too", () => {
      const model = make(row);
      fromKeras(model, readSafetensors(golden(safetensors)).tensors, { layers: {} });
      check(model, row);
    });
  }

  it("goes back as it came, names, order and numbers", async () => {
    const model = make(row);
    fromKeras(model, arrays);
    const back = readNpz(writeNpz(await toKeras(model)));
    expect(Object.keys(back)).toEqual(row.weights.map(({ path }) => path));
    for (const { path, shape } of row.weights) {
      expect(back[path].shape).toEqual(shape);
      expect([...back[path].data]).toEqual([...arrays[path].data]);
    }
  });
});

const host = (shape: number[], start = 0): HostTensor => ({
  data: Float32Array.from({ length: shape.reduce((n, m) => n * m, 1) }, (_, i) => start + i),
  shape,
  dtype: "float32",
});

describe("gate by gate", () => {
  it("GRU z, r, h becomes r, z, n", () => {
    const arrays = { kernel: host([2, 3]), recurrentKernel: host([1, 3]), bias: host([2, 3], 10) };
    const tensors = gruFromKeras(arrays, { suffix: "" });
    expect(Object.keys(tensors)).toEqual(["weight_ih", "weight_hh", "bias_ih", "bias_hh"]);
    expect(tensors.weight_ih).toEqual({ ...host([3, 2]), data: new Float32Array([1, 4, 0, 3, 2, 5]) });
    expect([...tensors.weight_hh.data]).toEqual([1, 0, 2]);
    expect([...tensors.bias_ih.data]).toEqual([11, 10, 12]);
    expect([...tensors.bias_hh.data]).toEqual([14, 13, 15]);
    expect(gruToKeras(tensors, { suffix: "" })).toEqual(arrays);
    expect([...(gruToKeras(tensors, { suffix: "", resetAfter: false }).bias?.data ?? [])]).toEqual([23, 25, 27]);
  });

  it("LSTM i, f, c, o stays, transposed", () => {
    const tensors = lstmFromKeras({ kernel: host([1, 4]), recurrentKernel: host([1, 4]), bias: host([4]) });
    expect(tensors.weight_ih_l0).toEqual(host([4, 1]));
    expect([...tensors.bias_ih_l0.data]).toEqual([0, 1, 2, 3]);
    expect([...tensors.bias_hh_l0.data]).toEqual([0, 0, 0, 0]);
  });

  it("refuses shapes of another layer", () => {
    const gru = { kernel: host([2, 3]), recurrentKernel: host([1, 3]) };
    expect(() => lstmFromKeras(gru)).toThrow(ShapeError);
    expect(() => gruFromKeras({ ...gru, kernel: host([2, 6]) })).toThrow(/kernel is \[2, 6\]; it must be \[2, 3\]/);
    expect(() => gruFromKeras({ ...gru, bias: host([4]) })).toThrow(ShapeError);
    expect(() => lstmFromKeras({ kernel: host([1, 4]), recurrentKernel: host([1, 4]), bias: host([2, 4]) })).toThrow(
      ShapeError,
    );
    expect(() => gruToKeras({ weight_ih_l0: host([3, 1]) })).toThrow(/no weight_hh_l0/);
    expect(() => gruFromKeras(gru, { layer: 1 } as object)).toThrow(ArgumentError);
  });
});

describe("matching", () => {
  class Stack extends Module {
    rnn: LSTM = new LSTM(2, 2, { numLayers: 2, bidirectional: true, batchFirst: true });
    head: Linear = new Linear(4, 1);
    override forward(x: Tensor): Tensor {
      return this.head.forward(this.rnn.forward(x)[0]);
    }
  }
  const layers = { rnn: ["bidirectional", "bidirectional_1"], head: "dense" };

  it("stacks of layers and cells go out and come back", async () => {
    const model = new Stack();
    noGrad(() => {
      for (const [name, parameter] of model.namedParameters()) if (name.includes("bias_hh")) parameter.fill_(0);
    });
    const arrays = await toKeras(model, { layers });
    expect(arrays["bidirectional_1/backward_lstm/lstm_cell/kernel"].shape).toEqual([4, 8]);
    const other = new Stack();
    fromKeras(other, arrays, { layers });
    expect(difference(other.forward(tensor([[[1, 2]]])), model.forward(tensor([[[1, 2]]])).toArray())).toBe(0);
    for (const cell of [new RNNCell(2, 3), new LSTMCell(2, 3), new GRUCell(2, 3)]) {
      const x = tensor([[1, -1]]);
      const before = cell.forward(x);
      const back = await toKeras(cell, { layers: { "": "cell" } });
      noGrad(() => cell.weight_ih.fill_(0));
      fromKeras(cell, back, { layers: { "": "cell" } });
      const after = cell.forward(x);
      const first = (result: typeof after): Tensor => (result instanceof Tensor ? result : result[0]);
      expect(difference(first(after), first(before).toArray())).toBeLessThan(1e-6);
    }
  });

  it("says what is there where a layer is not", async () => {
    const arrays = await toKeras(new Stack(), { layers });
    expect(() => fromKeras(new Stack(), arrays)).toThrow(/1 Keras layers for rnn, which has 2/);
    expect(() => fromKeras(new Stack(), arrays, { layers: { ...layers, head: "dense_7" } })).toThrow(
      /no arrays of a layer "dense_7", for head; .*"bidirectional", "bidirectional_1", "dense", of the arrays /,
    );
    expect(() => fromKeras(new Stack(), arrays, { layers: { ...layers, tail: "x" } })).toThrow(/no module "tail"/);
    expect(() => fromKeras(new Stack(), Object.values(arrays).slice(1))).toThrow(/13 arrays for modules that take 14/);
    expect(() => fromKeras(new Stack(), Object.values(arrays), { layers })).toThrow(/in Keras's order/);
    const extra: Record<string, HostTensor> = { ...arrays, "dense/spare": host([1]) };
    expect(() => fromKeras(new Stack(), extra, { layers })).toThrow(StateDictError);
    expect(() => fromKeras(new Stack(), { ...arrays, "dense/kernel": host([3, 1]) }, { layers })).toThrow(
      /dense\/kernel is \[3, 1\], and head takes \[4, 1\]; make the modules/,
    );
    const { "dense/bias": _, ...rest } = extra;
    expect(fromKeras(new Stack(), rest, { layers, strict: false })).toEqual({
      missing: ["head.bias"],
      unexpected: ["dense/spare"],
      misshaped: [],
    });
  });

  it.each([
    ["a Sequential's paths", "sequential/bidirectional", "sequential/dense", (path: string) => path],
    ["the paths of a file within a file", "layers/inner/layers/gru", "layers/dense", (path: string) => path],
    [
      "the names in .weights.h5",
      "layers/bidirectional",
      "layers/dense",
      (path: string) => path.replace(/_gru\/gru_cell\/.*/, "_layer/cell/vars/0").replace(/\/(kernel|bias)$/, "/vars/0"),
    ],
  ])("names the whole path of each weight, and of its layer: %s", async (_, rnn, head, rename) => {
    class Net extends Module {
      rnn: GRU = new GRU(2, 2, { bidirectional: true });
      head: Linear = new Linear(4, 1);
      override forward(x: Tensor): Tensor {
        return this.head.forward(this.rnn.forward(x)[0]);
      }
    }
    const paths = Object.entries(await toKeras(new Net(), { layers: { rnn, head } }));
    const arrays = Object.fromEntries(paths.map(([path, array]) => [rename(path), array]));
    expect(() => fromKeras(new Net(), arrays)).toThrow(
      `name its Keras layer in { layers }; there are "${rnn}", "${head}", of the arrays ${Object.keys(arrays).join(", ")}`,
    );
    expect(() => fromKeras(new Net(), {})).toThrow(/no arrays at all/);
  });

  it("speaks of Keras's arrays, as Keras shapes them", async () => {
    const gru = new GRU(2, 3);
    const arrays = await toKeras(gru, { layers: { "": "gru" } });
    const message = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        if (error instanceof ArgumentError || error instanceof ShapeError) return error.message;
        throw error;
      }
      return "";
    };
    const said = message(() => fromKeras(new GRU(2, 4), arrays, { layers: { "": "gru" } }));
    expect(said).toContain(
      "fromKeras: gru/gru_cell/kernel is [2, 9], and the module takes [2, 12]; gru/gru_cell/recurrent_kernel is [3, 9], and the module takes [4, 12]; gru/gru_cell/bias is [2, 9], and the module takes [2, 12]; make",
    );
    expect(said).not.toMatch(/prefix|map|skipMisshaped|weight_ih/);
    expect(message(() => fromKeras(new GRU(2, 4), Object.values(arrays)))).toContain("arr_0 (kernel) is [2, 9]");
    const cut = { ...arrays, "gru/gru_cell/kernel": host([2, 8]) };
    expect(message(() => fromKeras(gru, cut, { layers: { "": "gru" } }))).toMatch(
      /gru\/gru_cell\/kernel \[2, 8\].*cannot be those of the module \(.*must be \[2, 9\]/,
    );
  });

  it("says what to give instead of bytes, numbers and Keras's names", async () => {
    const bytes = writeNpz(await toKeras(new Stack(), { layers }));
    expect(() => fromKeras(new Stack(), bytes as unknown as HostTensor[])).toThrow(/readNpz\(bytes\) first/);
    expect(() => fromKeras(new Stack(), { dense: [1, 2] } as unknown as HostTensor[])).toThrow(/"dense" is no array/);
    const list = Object.values(readNpz(bytes));
    expect(() => fromKeras(new Stack(), list, { layers: ["bidirectional", "dense"] })).toThrow(
      /no module "bidirectional", "dense"; .*module names in Keras's order: \{ layers: \["rnn", "head"\] \}/,
    );
    expect(() => fromKeras(new Stack(), list.slice(1))).toThrow(
      /head takes kernel, bias; the arrays are .*\[4, 1\], \[1\];/,
    );
  });

  it("a list is taken in Keras's order", async () => {
    const model = new Stack();
    const arrays = await toKeras(model, { layers: { head: "dense", rnn: layers.rnn } });
    expect(Object.keys(arrays)[0]).toBe("dense/kernel");
    const other = new Stack();
    fromKeras(other, Object.values(arrays), { layers: ["head", "rnn"] });
    expect(other.head.weight.toArray()).toEqual(model.head.weight.toArray());
  });

  it("refuses the other reset form, projections, and parameters that Keras has no place for", async () => {
    const arrays = await toKeras(new GRU(2, 2), { layers: { "": "gru" } });
    const other = new GRU(2, 2, { resetAfter: false });
    expect(() => fromKeras(other, arrays, { layers: { "": "gru" } })).toThrow(
      /make the GRU with \{ resetAfter: true \}/,
    );
    await expect(toKeras(new LSTM(2, 3, { projSize: 2 }))).rejects.toThrow(/no projections/);
    class Scaled extends Module {
      lstm: LSTM = new LSTM(1, 1);
      norm: LayerNorm = new LayerNorm(1, { bias: false });
      scale = new Linear(1, 1).weight;
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    await expect(toKeras(new Scaled())).rejects.toThrow(/no Keras layer holds scale/);
  });
});
