import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, FormatError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type CellResult, GRU, GRUCell, LSTM, LSTMCell, Recurrent, RecurrentCell, RNN, RNNCell } from "@unrolled/cells";
import { defaultGenerator, manualSeed, setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import {
  Dropout,
  ELU,
  Embedding,
  Flatten,
  GELU,
  Identity,
  init,
  LayerNorm,
  LeakyReLU,
  Linear,
  LogSoftmax,
  Module,
  ModuleDict,
  ModuleList,
  mseLoss,
  Parameter,
  ReLU,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "@unrolled/nn";
import { Adam, AdamW } from "@unrolled/optim";
import {
  loadModel,
  loadOptimizer,
  type ModelFiles,
  readSafetensors,
  registerModule,
  saveModel,
  saveOptimizer,
} from "@unrolled/weights";
import { loadModelFrom, saveModelTo } from "@unrolled/weights/node";
import { beforeAll, describe, expect, it } from "vitest";

setDefaultBackend(cpu());

class Leaky extends RecurrentCell<readonly [h: Tensor]> {
  readonly size: number;
  w: Parameter;
  constructor(inputSize: number, size: number) {
    super();
    this.size = size;
    this.w = init.xavierUniform_(new Parameter(zeros([inputSize, size])));
  }
  zeroState(batch: number): readonly [Tensor] {
    return [zeros([batch, this.size])];
  }
  step(x: Tensor, [h]: readonly [Tensor]): CellResult<readonly [Tensor]> {
    const next = h.mul(0.9).add(x.matmul(this.w)).tanh();
    return { output: next, state: [next] };
  }
}

class Net extends Module {
  readonly hidden: number;
  lstm: LSTM;
  drop: Dropout = new Dropout(0.5);
  body: Sequential;
  constructor(hidden: number) {
    super();
    this.hidden = hidden;
    this.lstm = new LSTM(2, hidden, { batchFirst: true });
    this.body = new Sequential(new LayerNorm(hidden), new Linear(hidden, 3), new Tanh());
  }
  override forward(x: Tensor): Tensor {
    return this.body.forward(this.drop.forward(this.lstm.forward(x)[0].select(1, -1)));
  }
}

class Shared extends Module {
  first: Linear = new Linear(2, 2);
  second: Linear = this.first;
  override forward(x: Tensor): Tensor {
    return this.second.forward(this.first.forward(x));
  }
}

class Unknown extends Linear {}

beforeAll(() => {
  registerModule("Leaky", Leaky, {
    toConfig: ({ size, w }) => ({ inputSize: w.shape[0], size }),
    fromConfig: ({ inputSize, size }) => new Leaky(Number(inputSize), Number(size)),
  });
  registerModule("Net", Net, {
    toConfig: ({ hidden }) => ({ hidden }),
    fromConfig: ({ hidden }) => new Net(Number(hidden)),
  });
  registerModule("Shared", Shared);
});

const sequence = (features: number): Tensor => {
  manualSeed(3);
  return init.normal_(zeros([3, 2, features]));
};

/** All numbers that a forward gives. */
const numbers = (value: unknown): number[] =>
  Array.isArray(value) ? value.flatMap(numbers) : [...(value as Tensor).dataSync()];

const run = (module: Module, x: Tensor): number[] =>
  numbers((module as Module & { forward(x: Tensor): unknown }).forward(x));

/** Options as a module keeps them: its plain properties, and those of modules inside. */
const plain = (module: Module): unknown =>
  Object.entries(module).map(([key, value]: [string, unknown]) => {
    if (value instanceof Module) return [key, plain(value)];
    return [
      key,
      typeof value === "object" && !Array.isArray(value) ? null : Array.isArray(value) ? value.length : value,
    ];
  });

describe("every class comes back with its options, weights and numbers", () => {
  const options = { numLayers: 2, batchFirst: true, bidirectional: true, dropout: 0.25, bias: false };
  const stock: [string, () => Module, number][] = [
    ["Linear", () => new Linear(4, 3), 4],
    ["Linear without bias, float64", () => new Linear(4, 3, { bias: false, dtype: "float64" }), 0],
    ["LayerNorm", () => new LayerNorm(4, { eps: 1e-3, bias: false }), 4],
    ["LayerNorm of two dimensions, nothing learned", () => new LayerNorm([2, 4], { elementwiseAffine: false }), 4],
    ["RNN", () => new RNN(4, 3, { nonlinearity: "relu" }), 4],
    ["RNN with options", () => new RNN(4, 3, options), 4],
    ["LSTM", () => new LSTM(4, 3), 4],
    ["LSTM with options", () => new LSTM(4, 3, { ...options, projSize: 2 }), 4],
    ["GRU", () => new GRU(4, 3, { resetAfter: false }), 4],
    ["GRU with options", () => new GRU(4, 3, { ...options, bias: true }), 4],
    ["Recurrent", () => new Recurrent(4, 3, (n) => new Leaky(n, 3), { numLayers: 2, bidirectional: true }), 4],
    ["Recurrent of a stock cell", () => new Recurrent(4, 3, new GRUCell(4, 3), { batchFirst: true }), 4],
    ...[Tanh, Sigmoid, ReLU, SiLU, Identity].map((type): [string, () => Module, number] => [
      type.name,
      () => new type(),
      4,
    ]),
    ["LeakyReLU", () => new LeakyReLU(0.3), 4],
    ["ELU", () => new ELU(0.7), 4],
    ["GELU", () => new GELU({ approximate: "tanh" }), 4],
    ["Softplus", () => new Softplus({ beta: 2, threshold: 1 }), 4],
    ["Softmax", () => new Softmax(0), 4],
    ["LogSoftmax", () => new LogSoftmax(1), 4],
    ["Flatten", () => new Flatten(0, 1), 4],
    ["Sequential, nested", () => new Sequential(new Linear(4, 2), new Sequential(new Tanh(), new Linear(2, 2))), 4],
    ["Dropout", () => new Dropout(0.3), 4],
  ];

  it.each(stock)("%s", async (_, make, features) => {
    manualSeed(11);
    const model = make().eval();
    manualSeed(12);
    const files = await saveModel(model);
    const loaded = await loadModel(files);
    expect(loaded.constructor).toBe(model.constructor);
    expect(plain(loaded)).toEqual(plain(model));
    expect(await saveModel(loaded)).toEqual(files);
    if (features > 0) expect(run(loaded, sequence(features))).toEqual(run(model, sequence(features)));
  });

  it.each([
    ["RNNCell", () => new RNNCell(4, 3, { nonlinearity: "relu" })],
    ["LSTMCell", () => new LSTMCell(4, 3, { bias: false })],
    ["GRUCell", () => new GRUCell(4, 3, { resetAfter: false })],
  ] as const)("%s", async (_, make) => {
    const model = make();
    const loaded = await loadModel(await saveModel(model));
    expect(plain(loaded)).toEqual(plain(model));
    const x = sequence(4).select(0, 0);
    expect(run(loaded, x)).toEqual(run(model, x));
  });

  it("Embedding", async () => {
    const model = new Embedding(5, 2, { paddingIdx: 4 });
    const loaded = await loadModel(await saveModel(model), { expect: Embedding });
    expect(loaded.paddingIdx).toBe(4);
    expect(loaded.weight.toArray()).toEqual(model.weight.toArray());
  });

  it("ModuleList and ModuleDict", async () => {
    const model = new ModuleDict({ mean: new Linear(2, 1), rest: new ModuleList([new Tanh(), new Linear(1, 1)]) });
    const loaded = await loadModel(await saveModel(model), { expect: ModuleDict });
    expect(loaded.get("mean")).toBeInstanceOf(Linear);
    expect((loaded.get("rest") as ModuleList).at(1)).toBeInstanceOf(Linear);
  });

  it("a class of one's own, its mode and its frozen parameters", async () => {
    const model = new Net(4).eval();
    model.lstm.weight_ih_l0.requiresGrad = false;
    const loaded = await loadModel(await saveModel(model), { expect: Net });
    expect(loaded.hidden).toBe(4);
    expect(loaded.drop.training).toBe(false);
    const frozen = [...loaded.namedParameters()].filter(([, { requiresGrad }]) => !requiresGrad).map(([name]) => name);
    expect(frozen).toEqual(["lstm.weight_ih_l0"]);
    const x = sequence(2).swapAxes(0, 1);
    expect(run(loaded, x)).toEqual(run(model, x));
    expect((await loadModel(await saveModel(new Net(4)), { expect: Net })).training).toBe(true);
  });

  it("modes that differ from module to module", async () => {
    const net = new Sequential(new Sequential(new Dropout(0.5)), new Dropout(0.5));
    net[0].eval();
    const loaded = await loadModel(await saveModel(net), { expect: Sequential });
    expect(loaded.modules().map(({ training }) => training)).toEqual([true, false, false, true]);
    net.eval();
    net[1].train();
    const other = await loadModel(await saveModel(net));
    expect(other.modules().map(({ training }) => training)).toEqual([false, false, false, true]);
  });

  it("files of version 1, which have one mode for all", async () => {
    const { json, weights } = await saveModel(new Sequential(new Dropout(0.5)).eval());
    const { otherMode, ...rest } = JSON.parse(json);
    expect(otherMode).toEqual([]);
    const loaded = await loadModel({ json: JSON.stringify({ ...rest, version: 1 }), weights });
    expect(loaded.modules().map(({ training }) => training)).toEqual([false, false]);
  });

  it("a class that shares weights, tied again", async () => {
    const loaded = await loadModel(await saveModel(new Shared()), { expect: Shared });
    expect(loaded.first).toBe(loaded.second);
  });
});

describe("saveModel", () => {
  it("writes weights that PyTorch can load, with metadata, in half precision if asked", async () => {
    const { weights, json } = await saveModel(new Net(4), { metadata: { note: "n" }, dtype: "BF16" });
    const { tensors, metadata } = readSafetensors(weights);
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(new Net(4).stateDict()).sort());
    expect(metadata.note).toBe("n");
    const loaded = await loadModel({ json: new TextEncoder().encode(json), weights });
    for (const [name, parameter] of loaded.namedTensors()) expect(parameter.dataSync()).toEqual(tensors[name].data);
  });

  it("refuses classes that are not registered, and modules in two places", async () => {
    await expect(saveModel(new Unknown(1, 1))).rejects.toThrow(/registerModule\("Unknown", Unknown/);
    await expect(saveModel(new Sequential(new Unknown(1, 1)))).rejects.toThrow(ArgumentError);
    const fromFile = Object.defineProperty(new Unknown(1, 1), Symbol.for("@unrolled/kept-as"), {
      value: "keep its file",
    });
    await expect(saveModel(new Sequential(fromFile))).rejects.toThrow(/Unknown is not registered; keep its file/);
    const twice = new Tanh();
    await expect(saveModel(new Sequential(twice, twice))).rejects.toThrow(/two places/);
    await expect(saveModel(new Tanh(), { half: true } as object)).rejects.toThrow(/unknown option half/);
  });

  it("registerModule refuses names that are taken", () => {
    expect(() =>
      registerModule("LSTM", Unknown, { toConfig: () => ({}), fromConfig: () => new Unknown(1, 1) }),
    ).toThrow(ArgumentError);
    expect(() => registerModule("Net", Shared)).toThrow(/another class/);
    expect(() => registerModule("", Shared)).toThrow(ArgumentError);
    registerModule("Shared", Shared);
  });

  it("loading leaves the random numbers as they were", async () => {
    const files = await saveModel(new Net(4));
    manualSeed(5);
    const before = defaultGenerator().state;
    await loadModel(files);
    expect(defaultGenerator().state).toEqual(before);
  });
});

describe("hostile or mistaken files", () => {
  let good: ModelFiles;
  let parsed: Record<string, unknown>;
  beforeAll(async () => {
    good = await saveModel(new Sequential(new Linear(2, 3), new Tanh()));
    parsed = JSON.parse(good.json) as Record<string, unknown>;
  });
  const linear = (config: object): object => ({ class: "Linear", config });
  const size = { inFeatures: 2, outFeatures: 3, bias: true, dtype: "float32" };
  const deep = (levels: number): object =>
    levels === 0 ? linear(size) : { class: "Sequential", config: { modules: [deep(levels - 1)] } };

  const cases: [string, () => string, RegExp][] = [
    ["not JSON", () => "{x", /not JSON/],
    ["a list", () => "[]", /not an object/],
    ["another format", () => JSON.stringify({ format: "keras" }), /format is "keras"/],
    ["a newer version", () => JSON.stringify({ ...parsed, version: 3 }), /version 3 is newer.*update/],
    ["a version that is no number", () => JSON.stringify({ ...parsed, version: "1" }), /version "1"/],
    ["a field more", () => JSON.stringify({ ...parsed, run: "x" }), /field "run"/],
    ["a field less", () => JSON.stringify({ ...parsed, training: undefined }), /training is nothing/],
    [
      "a key twice",
      () => good.json.replace('"version"', '"format": "unrolled.model", "version"'),
      /"format" comes twice/,
    ],
    ["__proto__", () => good.json.replace('"version"', '"__proto__": {}, "version"'), /key "__proto__"/],
    ["constructor", () => good.json.replace('"inFeatures"', '"constructor": {}, "inFeatures"'), /key "constructor"/],
    [
      "depth",
      () => good.json.replace('"frozen": []', `"frozen": ${"[".repeat(5000)}${"]".repeat(5000)}`),
      /levels deep/,
    ],
    ["nested modules without end", () => JSON.stringify({ ...parsed, model: deep(60) }), /levels deep/],
    ["an unknown class", () => JSON.stringify({ ...parsed, model: { class: "Evil", config: {} } }), /no class "Evil"/],
    [
      "a class named like a method",
      () => JSON.stringify({ ...parsed, model: { class: "toString", config: {} } }),
      /no class/,
    ],
    ["code for a class", () => JSON.stringify({ ...parsed, model: { class: "() => 1", config: {} } }), /no class/],
    [
      "a size that fills memory",
      () => JSON.stringify({ ...parsed, model: linear({ ...size, inFeatures: 1e9 }) }),
      /more parameters/,
    ],
    [
      "many layers that fill memory",
      () =>
        JSON.stringify({
          ...parsed,
          model: {
            class: "LSTM",
            config: {
              inputSize: 1,
              hiddenSize: 1,
              numLayers: 1e8,
              bias: true,
              batchFirst: true,
              dropout: 0,
              bidirectional: true,
              projSize: 0,
              dtype: "float32",
            },
          },
        }),
      /more parameters/,
    ],
    [
      "a size that is text",
      () => JSON.stringify({ ...parsed, model: linear({ ...size, inFeatures: "2" }) }),
      /inFeatures is "2"/,
    ],
    [
      "a size of zero",
      () => JSON.stringify({ ...parsed, model: linear({ ...size, inFeatures: 0 }) }),
      /cannot be made/,
    ],
    [
      "an option nobody knows",
      () => JSON.stringify({ ...parsed, model: linear({ ...size, hook: "x" }) }),
      /field "hook"/,
    ],
    [
      "a dtype that is none",
      () => JSON.stringify({ ...parsed, model: linear({ ...size, dtype: "int32" }) }),
      /dtype is "int32"/,
    ],
    ["another architecture", () => JSON.stringify({ ...parsed, model: linear(size) }), /do not fit/],
    ["modes of modules that are not there", () => JSON.stringify({ ...parsed, otherMode: ["x"] }), /no module "x"/],
    ["frozen names that are not there", () => JSON.stringify({ ...parsed, frozen: ["x"] }), /no parameter "x"/],
    [
      "the weights of another model",
      () => JSON.stringify({ ...parsed, weights: { bytes: 1, crc32: "0" } }),
      /belong|pair/,
    ],
  ];
  it.each(cases)("%s", async (_, json, message) => {
    const loading = loadModel({ json: json(), weights: good.weights });
    await expect(loading).rejects.toThrow(FormatError);
    await expect(loadModel({ json: json(), weights: good.weights })).rejects.toThrow(message);
  });

  it("weights that were changed, or are of another model", async () => {
    const other = await saveModel(new Sequential(new Linear(2, 3), new Tanh()));
    const damaged = good.weights.slice();
    damaged[damaged.length - 1] ^= 1;
    for (const weights of [other.weights, damaged, good.weights.subarray(1)])
      await expect(loadModel({ json: good.json, weights })).rejects.toThrow(/saved together/);
  });

  it("another class than expected", async () => {
    await expect(loadModel(good, { expect: LSTM })).rejects.toThrow(/holds a Sequential; expected was a LSTM/);
  });

  it("never does more than raise a FormatError, whatever byte is changed", async () => {
    const bytes = new TextEncoder().encode(good.json);
    for (let i = 0; i < bytes.length; i++) {
      const json = bytes.slice();
      json[i] ^= 1 << (i % 8);
      await loadModel({ json, weights: good.weights }).catch((error: unknown) =>
        expect(error).toBeInstanceOf(FormatError),
      );
    }
  });
});

describe("in a folder", () => {
  it("is written whole and read back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "unrolled-model-"));
    try {
      const model = new Net(4).eval();
      await saveModelTo(join(folder, "a", "b"), model);
      const loaded = await loadModelFrom(join(folder, "a", "b"), { expect: Net });
      const x = sequence(2).swapAxes(0, 1);
      expect(run(loaded, x)).toEqual(run(model, x));
      writeFileSync(join(folder, "a", "b", "model.safetensors"), "x");
      await expect(loadModelFrom(join(folder, "a", "b"))).rejects.toThrow(FormatError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("optimiser state", () => {
  const train = (model: Net, optimizer: Adam, steps: number): number[] => {
    const x = tensor([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    const y = tensor([[0.1, 0.2, 0.3]]);
    return Array.from({ length: steps }, () => optimizer.step(() => mseLoss(model.forward(x), y)).item());
  };

  it("training goes on from a checkpoint as if it had not stopped", async () => {
    const model = new Net(4).eval();
    const optimizer = new Adam(model.parameters(), { lr: 0.01, amsgrad: true });
    train(model, optimizer, 5);
    const [files, state] = [await saveModel(model), await saveOptimizer(optimizer)];
    const expected = train(model, optimizer, 5);
    const again = await loadModel(files, { expect: Net });
    const resumed = new Adam(again.parameters(), { lr: 0.5, amsgrad: true });
    loadOptimizer(resumed, state);
    expect(train(again, resumed, 5)).toEqual(expected);
  });

  it("refuses what is not an optimiser's, or another's", async () => {
    const model = new Net(4);
    const optimizer = new Adam(model.parameters());
    expect(() => loadOptimizer(optimizer, new Uint8Array(3))).toThrow(FormatError);
    const { weights } = await saveModel(model);
    expect(() => loadOptimizer(optimizer, weights)).toThrow(/holds no optimiser/);
    train(model, optimizer, 1);
    const other = new Adam(new Linear(2, 2).parameters());
    const state = await saveOptimizer(optimizer);
    expect(() => loadOptimizer(other, state)).toThrow(FormatError);
    expect(() => loadOptimizer(new AdamW(model.parameters()), state)).toThrow(
      /holds the state of "Adam", the optimiser is AdamW/,
    );
  });
});
