import type { HostTensor } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { GRU, LSTM } from "@unrolled/cells";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { Embedding, LayerNorm, Linear, Module } from "@unrolled/nn";
import {
  type ByteReader,
  loadPytorch,
  loadTensors,
  readSafetensors,
  StateDictError,
  saveStateDict,
  writeSafetensors,
} from "@unrolled/weights";
import { describe, expect, it } from "vitest";
import { golden, goldenJson } from "./goldens.js";

setDefaultBackend(cpu());

class Forecaster extends Module {
  rnn: GRU;
  head: Linear;
  constructor(dtype: "float32" | "float64" = "float64") {
    super();
    this.rnn = new GRU(2, 3, { numLayers: 2, batchFirst: true, dtype });
    this.head = new Linear(3, 1, { dtype });
  }
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.rnn.forward(x)[0].select(1, -1));
  }
}

class Tagger extends Module {
  embedding: Embedding;
  rnn: LSTM;
  norm: LayerNorm;
  head: Linear;
  constructor(dtype: "float32" | "float64" = "float64") {
    super();
    this.embedding = new Embedding(6, 3, { paddingIdx: 0, dtype });
    this.rnn = new LSTM(3, 4, { numLayers: 2, batchFirst: true, bidirectional: true, projSize: 2, dtype });
    this.norm = new LayerNorm(4, { dtype });
    this.head = new Linear(4, 3, { dtype });
  }
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.norm.forward(this.rnn.forward(this.embedding.forward(x))[0]));
  }
}

interface Case {
  readonly name: string;
  readonly file: string;
  readonly storedAs: string;
  readonly keys: Readonly<Record<string, readonly number[]>>;
  readonly input: number[][];
  readonly output: unknown[];
}
const cases = goldenJson<{ models: Case[] }>("torch.json").models;

const difference = (a: Tensor, b: readonly unknown[]): number =>
  Math.max(...a.dataSync().map((value, i) => Math.abs(value - Number(b.flat(9)[i]))));

const host = (shape: number[], value = 0): HostTensor => ({
  data: new Float32Array(shape.reduce((n, m) => n * m, 1)).fill(value),
  shape,
  dtype: "float32",
});

describe.each(cases)("PyTorch's $name in $storedAs", ({ name, file, keys, input, output }) => {
  const make = (dtype: "float32" | "float64"): Forecaster | Tagger =>
    name === "tagger" ? new Tagger(dtype) : new Forecaster(dtype);
  const inputOf = (dtype: "float32" | "float64"): Tensor =>
    tensor(input, { dtype: name === "tagger" ? "int32" : dtype });

  it("gives PyTorch's outputs", async () => {
    const model = make("float64");
    expect(await loadPytorch(model, golden(file))).toEqual({ missing: [], unexpected: [], misshaped: [] });
    expect(difference(model.forward(inputOf("float64")), output)).toBeLessThan(1e-10);
    const single = make("float32");
    await loadPytorch(single, new Blob([new Uint8Array(golden(file))]));
    expect(difference(single.forward(inputOf("float32")), output)).toBeLessThan(1e-5);
  });

  it("has our names and shapes to the letter, and order", () => {
    const ours = Object.entries(make("float32").stateDict()).map(([key, { shape }]) => [key, [...shape]]);
    expect(ours).toEqual(Object.entries(keys));
  });
});

describe("a file that does not fit", () => {
  const good = async (): Promise<Record<string, HostTensor>> =>
    readSafetensors(await saveStateDict(new Forecaster("float32"))).tensors;

  it("is refused with every key by list, and changes nothing", async () => {
    const { "head.bias": _, ...rest } = await good();
    const bytes = writeSafetensors({ ...rest, "head.weight": host([2, 3]), extra: host([1]) });
    const model = new Forecaster();
    const before = model.head.weight.toArray();
    const error = await loadPytorch(model, bytes).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StateDictError);
    const { missing, unexpected, misshaped, message } = error as StateDictError;
    expect({ missing, unexpected, misshaped }).toEqual({
      missing: ["head.bias"],
      unexpected: ["extra"],
      misshaped: [{ key: "head.weight", inFile: [2, 3], inModel: [1, 3] }],
    });
    expect(message).toMatch(/missing: head.bias; unexpected: extra; head.weight is \[2, 3\] in the file, \[1, 3\]/);
    expect(model.head.weight.toArray()).toEqual(before);
    expect(model.rnn.weight_ih_l0.toArray()).not.toEqual(rest["rnn.weight_ih_l0"].data);
  });

  it("loads what fits when not strict, but refuses other shapes unless told to pass over them", async () => {
    const { "head.bias": _, ...rest } = await good();
    const bytes = writeSafetensors({ ...rest, "head.weight": host([2, 3]), extra: host([1]) });
    const model = new Forecaster("float32");
    await expect(loadPytorch(model, bytes, { strict: false })).rejects.toMatchObject({ missing: [], unexpected: [] });
    const head = model.head.weight.toArray();
    expect(await loadPytorch(model, bytes, { strict: false, skipMisshaped: true })).toEqual({
      missing: ["head.bias"],
      unexpected: ["extra"],
      misshaped: [{ key: "head.weight", inFile: [2, 3], inModel: [1, 3] }],
    });
    expect(model.head.weight.toArray()).toEqual(head);
    expect(model.rnn.weight_ih_l0.dataSync()).toEqual(rest["rnn.weight_ih_l0"].data);
  });

  it("is renamed by prefix and map", async () => {
    const tensors = Object.entries(await good());
    const wrapped = Object.fromEntries([
      ...tensors.map(([key, value]) => [`module.${key.replace("head.", "fc.")}`, value] as const),
      ["module.steps", host([1])],
      ["teacher.rnn.weight_ih_l0", host([9, 2])],
    ]);
    const model = new Forecaster("float32");
    const map = { "fc.weight": "head.weight", "fc.bias": "head.bias", steps: null };
    loadTensors(model, wrapped, { prefix: "module.", map });
    expect(model.head.weight.dataSync()).toEqual(Object.fromEntries(tensors)["head.weight"].data);
    const rename = (key: string): string | null => (key === "steps" ? null : key.replace("fc.", "head."));
    expect(loadTensors(model, wrapped, { prefix: "module.", map: rename }).missing).toEqual([]);
    expect(() => loadTensors(model, wrapped, { prefix: "module.", map: () => "head.bias" })).toThrow(/both become/);
    expect(() => loadTensors(model, wrapped, { rename } as object)).toThrow(/unknown option rename/);
  });

  it("is not read beyond its header", async () => {
    const bytes = writeSafetensors({ other: host([1000]) });
    const reads: number[] = [];
    const reader: ByteReader = {
      size: bytes.length,
      read: async (offset, length) => {
        reads.push(length);
        return bytes.subarray(offset, offset + length);
      },
    };
    await expect(loadPytorch(new Forecaster(), reader)).rejects.toThrow(StateDictError);
    expect(reads.reduce((sum, n) => sum + n, 0)).toBe(bytes.length - 4000);
  });
});

it("tied weights are written and taken under every name", async () => {
  class Tied extends Module {
    first: Linear = new Linear(2, 2);
    second: Linear = this.first;
    override forward(x: Tensor): Tensor {
      return this.second.forward(this.first.forward(x));
    }
  }
  const model = new Tied();
  const bytes = await saveStateDict(model);
  expect(Object.keys(readSafetensors(bytes).tensors).sort()).toEqual(
    ["first.bias", "first.weight", "second.bias", "second.weight"].sort(),
  );
  expect((await loadPytorch(new Tied(), bytes)).missing).toEqual([]);
});
