import { fromBinary } from "@bufbuild/protobuf";
import { ArgumentError, GraphError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type CellResult, GRU, LSTM, Recurrent, RecurrentCell } from "@unrolled/cells";
import {
  concat,
  manualSeed,
  noGrad,
  ones,
  randint,
  randn,
  setDefaultBackend,
  type Tensor,
  tensor,
  zeros,
} from "@unrolled/core";
import { MinMaxScaler, StandardScaler } from "@unrolled/datasets";
import { Buffer, Embedding, LayerNorm, Linear, Module, Parameter } from "@unrolled/nn";
import { type CompressionReport, exportOnnx, stateMetadataKey } from "@unrolled/onnx";
import { ModelProtoSchema } from "onnx-buf";
import { beforeEach, describe, expect, test } from "vitest";
import { expectClose } from "../numbers.js";
import { FileRun } from "./run-file.js";

setDefaultBackend(cpu());
beforeEach(() => manualSeed(5));

const read = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);

class SeriesNet extends Module {
  lstm: LSTM = new LSTM(2, 5, { batchFirst: true, numLayers: 2, dropout: 0.4 });
  norm: LayerNorm = new LayerNorm(5);
  head: Linear = new Linear(5, 2);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.norm.forward(this.lstm.forward(x)[0]));
  }
}

/** h' = tanh(0.5 h + x w), with a second state that counts the steps. */
class Leaky extends RecurrentCell<readonly [h: Tensor, steps: Tensor]> {
  w: Parameter;
  constructor(inputSize: number, size: number) {
    super();
    this.w = new Parameter(randn([inputSize, size]));
  }
  zeroState(batch: number): readonly [Tensor, Tensor] {
    return [zeros([batch, this.w.shape[1]]), zeros([batch, 1])];
  }
  step(x: Tensor, [h, steps]: readonly [Tensor, Tensor]): CellResult<readonly [Tensor, Tensor]> {
    const next = h.mul(0.5).add(x.matmul(this.w)).tanh();
    return { output: next.add(steps.mul(0.01)), state: [next, steps.add(1)] };
  }
}

async function largestDifference(bytes: Uint8Array, given: Record<string, Tensor>, expected: Record<string, Tensor>) {
  const file = await FileRun.open(bytes);
  const results = await file.run(given);
  await file.close();
  let worst = 0;
  for (const [name, y] of Object.entries(expected)) {
    expect(results[name].shape).toEqual(y.shape);
    const actual = results[name].dataSync();
    y.dataSync().forEach((value, i) => {
      worst = Math.max(worst, Math.abs(actual[i] - value));
    });
  }
  return worst;
}

describe("the model", () => {
  test("is exported as it evaluates, and stays as it was", async () => {
    const model = new SeriesNet();
    model.norm.eval();
    const weights = Object.values(model.stateDict()).map((w) => w.toArray());
    const bytes = await exportOnnx(model, { inputs: { x: ["batch", "time", 2] }, outputs: ["y"] });
    expect(model.modules().map(({ training }) => training)).toEqual([true, true, true, false, true]);
    expect(Object.values(model.stateDict()).map((w) => w.toArray())).toEqual(weights);
    expect(model.parameters().every(({ grad, requiresGrad }) => grad === null && requiresGrad)).toBe(true);
    model.eval();
    for (const [batch, time] of [
      [3, 4],
      [1, 1],
    ]) {
      const x = randn([batch, time, 2]);
      expect(await largestDifference(bytes, { x }, { y: noGrad(() => model.forward(x)) })).toBeLessThan(1e-5);
    }
  });

  test("is back in its modes after an error", async () => {
    const model = new SeriesNet();
    const forward = (): never => {
      expect(model.lstm.training).toBe(false);
      throw new Error("no");
    };
    await expect(exportOnnx(model, { inputs: { x: [1, 1, 2] }, forward })).rejects.toThrow("no");
    expect(model.modules().every(({ training }) => training)).toBe(true);
  });

  test("gives initialisers their names in the state dict", async () => {
    const bytes = await exportOnnx(new SeriesNet(), { inputs: { x: ["batch", "time", 2] } });
    const names = read(bytes).graph?.initializer.map(({ name }) => name) ?? [];
    for (const name of ["head.weight", "head.bias", "norm.weight", "lstm.weight_ih_l0/iofc", "lstm.bias_ih_l1/iofc"])
      expect(names).toContain(name);
    expect(names).not.toContain("lstm.weight_ih_l0");
  });

  test("may read indices, and the sizes of its inputs", async () => {
    class Tagger extends Module {
      embedding: Embedding = new Embedding(7, 3);
      gru: GRU = new GRU(3, 4, { bidirectional: true });
      override forward(x: Tensor): Tensor {
        const [time, batch] = x.shape;
        const [y] = this.gru.forward(this.embedding.forward(x));
        return y
          .reshape([time * batch, 8])
          .softmax(-1)
          .reshape([time, batch, 2, 4])
          .mean(0)
          .add(time);
      }
    }
    const model = new Tagger();
    const bytes = await exportOnnx(model, { inputs: { x: { shape: ["time", "batch"], dtype: "int32" } } });
    for (const shape of [
      [5, 2],
      [1, 3],
    ]) {
      const x = randint(0, 7, shape);
      expect(await largestDifference(bytes, { x }, { output: noGrad(() => model.forward(x)) })).toBeLessThan(1e-5);
    }
  });

  test("of users' cells keeps its time axis, in one Scan a layer and direction", async () => {
    const model = new Recurrent(2, 4, (inputSize) => new Leaky(inputSize, 4), { numLayers: 2, bidirectional: true });
    const bytes = await exportOnnx(model, {
      inputs: { x: ["time", "batch", 2], lengths: { shape: ["batch"], dtype: "int32" } },
      outputs: ["y", "h", "steps"],
      forward: ({ x, lengths }) => model.forward(x, undefined, { lengths }),
    });
    expect(read(bytes).graph?.node.filter(({ opType }) => opType === "Scan")).toHaveLength(4);
    for (const [time, batch] of [
      [6, 2],
      [1, 1],
    ]) {
      const given = { x: randn([time, batch, 2]), lengths: tensor(Int32Array.of(time, 1).slice(0, batch)) };
      const [y, [h, steps]] = noGrad(() => model.forward(given.x, undefined, { lengths: given.lengths }));
      expect(await largestDifference(bytes, given, { y, h, steps })).toBeLessThan(1e-5);
    }
  });
});

describe("inputs and outputs", () => {
  const model = new LSTM(1, 2);
  const named = async (options: Omit<Parameters<typeof exportOnnx>[1], "inputs">) =>
    read(await exportOnnx(model, { inputs: { x: ["time", "batch", 1] }, ...options })).graph?.output.map(
      ({ name }) => name,
    );

  test("have names for their open sizes", async () => {
    const bytes = await exportOnnx(model, { inputs: { x: ["time", 3, 1] }, outputs: ["y", "h", "c"] });
    const dims = (list: "input" | "output") =>
      read(bytes).graph?.[list].map(({ type }) =>
        type?.value.case === "tensorType" ? type.value.value.shape?.dim.map(({ value }) => value.value) : null,
      );
    expect(dims("input")).toEqual([["time", 3n, 1n]]);
    expect(dims("output")).toEqual([
      ["time", 3n, 2n],
      [1n, 3n, 2n],
      [1n, 3n, 2n],
    ]);
  });

  test("are named by the caller, by records, or by their number", async () => {
    expect(await named({})).toEqual(["output_0", "output_1", "output_2"]);
    expect(await named({ outputs: ["y", "h", "c"] })).toEqual(["y", "h", "c"]);
    expect(await named({ forward: ({ x }) => model.forward(x)[0] })).toEqual(["output"]);
    expect(
      await named({
        forward: ({ x }) => {
          const [y, [h, c]] = model.forward(x);
          return { y, state: { h, c } };
        },
      }),
    ).toEqual(["y", "state.h", "state.c"]);
  });

  test("may be example tensors", async () => {
    const bytes = await exportOnnx(model, { inputs: { x: ones([2, 3, 1]) } });
    const file = await FileRun.open(bytes);
    expect((await file.run({ x: randn([2, 3, 1]) })).output_0.shape).toEqual([2, 3, 2]);
    await file.close();
  });

  test("a name of a size may equal a fixed size in the example", async () => {
    const add = new (class extends Module {
      table: Parameter = new Parameter(randn([3, 5]));
      override forward(x: Tensor): Tensor {
        return concat(
          [x.unsqueeze(1).broadcastTo([x.shape[0], 3, 5]), this.table.unsqueeze(0).broadcastTo([x.shape[0], 3, 5])],
          2,
        );
      }
    })();
    const bytes = await exportOnnx(add, { inputs: { x: ["batch", 5] } });
    for (const batch of [1, 3, 5]) {
      const x = randn([batch, 5]);
      expect(await largestDifference(bytes, { x }, { output: noGrad(() => add.forward(x)) })).toBe(0);
    }
  });
});

describe("scalers in the file", () => {
  const series = Array.from({ length: 50 }, (_, i) => [1e6 + Math.sin(i) * 3, 5 + Math.cos(i)]);
  test.each([new StandardScaler().fit(series), new MinMaxScaler({ range: [-1, 1] }).fit(series)])(
    "raw values in, raw forecasts out: $constructor.name",
    async (scaler) => {
      const model = new SeriesNet().eval();
      const options = { inputs: { x: ["batch", "time", 2] }, outputs: ["y"], scale: { x: scaler, y: scaler } } as const;
      const bytes = await exportOnnx(model, options);
      const raw = { data: Float64Array.from(series.flat()), shape: [1, 50, 2] };
      const x = tensor(Float32Array.from(raw.data), { shape: raw.shape });
      const scaled = scaler.transform({ data: x.dataSync(), shape: raw.shape });
      const y = noGrad(() => model.forward(tensor(Float32Array.from(scaled.data), { shape: scaled.shape })));
      const expected = scaler.inverseTransform({ data: y.dataSync(), shape: y.shape }).data;
      const file = await FileRun.open(bytes);
      const { y: actual } = await file.run({ x });
      expectClose(actual.dataSync(), expected, 2e-7);
      await file.close();
    },
  );

  test("take float64 too, and one column for all", async () => {
    const model = new Linear(3, 1);
    const scaler = new StandardScaler().fit([1e9, 1e9 + 2]);
    const inputs = { x: { shape: ["batch", 3], dtype: "float64" } } as const;
    const bytes = await exportOnnx(model, { inputs, scale: { x: scaler } });
    const x = tensor(Float64Array.of(1e9, 1e9 + 1, 1e9 + 2), { shape: [1, 3] });
    const y = noGrad(() => model.forward(tensor([[-1, 0, 1]])));
    expect(await largestDifference(bytes, { x }, { output: y })).toBeLessThan(1e-6);
  });

  test.each([
    ["another number of columns", { x: new StandardScaler().fit([[1, 2, 3]]) }, /3 columns/],
    ["a name that is none", { z: new StandardScaler().fit([1]) }, /scale names z; there are x, output/],
    ["no scaler", { x: {} as never }, /no affine/],
    ["a scale of 0", { x: { affine: () => ({ scale: [0], offset: [1] }) } }, /scale \[0\]/],
  ])("%s is refused", async (_, scale, message) => {
    const attempt = exportOnnx(new SeriesNet(), { inputs: { x: ["batch", "time", 2] }, scale });
    await expect(attempt).rejects.toThrow(ArgumentError);
    await expect(attempt).rejects.toThrow(message);
  });
});

describe("stateful", () => {
  test("states are named after their layers, and listed in the metadata", async () => {
    const model = new SeriesNet();
    const bytes = await exportOnnx(model, { inputs: { x: ["batch", "time", 2] }, outputs: ["y"], stateful: true });
    const { graph, metadataProps } = read(bytes);
    expect(graph?.input.map(({ name }) => name)).toEqual(["x", "lstm.h", "lstm.c"]);
    expect(graph?.output.map(({ name }) => name)).toEqual(["y", "lstm.h.next", "lstm.c.next"]);
    const listed = JSON.parse(metadataProps.find(({ key }) => key === stateMetadataKey)?.value ?? "");
    expect(listed).toEqual([
      { name: "lstm.h", input: "lstm.h", output: "lstm.h.next" },
      { name: "lstm.c", input: "lstm.c", output: "lstm.c.next" },
    ]);
  });

  test("users' cells stream too", async () => {
    const model = new Recurrent(2, 4, (inputSize) => new Leaky(inputSize, 4), { numLayers: 2 });
    const bytes = await exportOnnx(model, {
      inputs: { x: ["time", "batch", 2] },
      forward: ({ x }) => ({ y: model.forward(x)[0] }),
      stateful: true,
    });
    const x = randn([4, 3, 2]);
    const [y, states] = noGrad(() => model.forward(x));
    const file = await FileRun.open(bytes);
    expect(file.inputs).toEqual(["x", "state0", "state1"]);
    const zero = { state0: zeros([2, 3, 4]), state1: zeros([2, 3, 1]) };
    const first = await file.run({ x: x.narrow(0, 0, 3), ...zero });
    const rest = await file.run({ x: x.narrow(0, 3, 1), state0: first["state0.next"], state1: first["state1.next"] });
    expectClose(rest.y.dataSync(), y.narrow(0, 3, 1).dataSync(), 1e-5);
    expectClose(rest["state1.next"].dataSync(), states[1].dataSync(), 1e-5);
    await file.close();
  });

  test.each<[string, Module, RegExp]>([
    ["a bidirectional layer", new LSTM(2, 3, { bidirectional: true }), /the model is bidirectional/],
    ["a model without layers", new Linear(2, 3), /no recurrent layer/],
  ])("%s is refused", async (_, model, message) => {
    const attempt = exportOnnx(model, { inputs: { x: ["time", "batch", 2] }, stateful: true });
    await expect(attempt).rejects.toThrow(ArgumentError);
    await expect(attempt).rejects.toThrow(message);
  });

  test("every reason against is listed", async () => {
    class Both extends Module {
      there: GRU = new GRU(2, 3, { bidirectional: true });
      twice: GRU = new GRU(2, 3);
      override forward(x: Tensor): readonly Tensor[] {
        return [this.there.forward(x)[0], this.twice.forward(x)[0], this.twice.forward(x)[0]];
      }
    }
    const attempt = exportOnnx(new Both(), { inputs: { x: ["time", "batch", 2] }, stateful: true });
    await expect(attempt).rejects.toThrow(/there is bidirectional.*twice runs twice/);
  });

  test("a size that no input tells is refused", async () => {
    const model = new GRU(2, 3);
    const attempt = exportOnnx(model, {
      inputs: { x: ["time", "batch", 4] },
      forward: ({ x }) => model.forward(x.reshape([x.shape[0], x.shape[1] * 2, 2]))[0],
      stateful: true,
    });
    await expect(attempt).rejects.toThrow(/h has the size 2 \* batch/);
  });
});

describe("the file", () => {
  test("says who made it and what it is", async () => {
    const bytes = await exportOnnx(new Linear(2, 1), {
      inputs: { x: ["batch", 2] },
      opset: 20,
      name: "regression",
      docString: "a line",
      producer: { name: "me", version: "3" },
      metadata: { unit: "m" },
    });
    const { graph, docString, producerName, producerVersion, metadataProps, irVersion, opsetImport } = read(bytes);
    expect([graph?.name, docString, producerName, producerVersion]).toEqual(["regression", "a line", "me", "3"]);
    expect(metadataProps.map(({ key, value }) => [key, value])).toEqual([["unit", "m"]]);
    expect([irVersion, opsetImport[0].version]).toEqual([9n, 20n]);
  });

  test.each(["float16", "int8"] as const)("has its weights in %s on request", async (weights) => {
    const model = new GRU(8, 32);
    const plain = await exportOnnx(model, { inputs: { x: ["time", "batch", 8] } });
    const reports: CompressionReport[] = [];
    const inputs = { x: ["time", "batch", 8] } as const;
    const bytes = await exportOnnx(model, { inputs, weights, onCompressed: (report) => reports.push(report) });
    expect(bytes.length).toBeLessThan(plain.length * 0.6);
    expect(reports.map((report) => report.weights)).toEqual([weights]);
    const x = randn([5, 2, 8]);
    expect(await largestDifference(bytes, { x }, { output_0: noGrad(() => model.forward(x)[0]) })).toBeLessThan(0.1);
  });
});

describe("what cannot be exported is refused", () => {
  const inputs = { x: ["time", "batch", 2] } as const;
  const gru = new GRU(2, 3);

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ["an unknown option", () => exportOnnx(gru, { inputs, input: 1 } as never), /unknown option input/],
    ["no inputs", () => exportOnnx(gru, { inputs: {} }), /no inputs/],
    ["an opset", () => exportOnnx(gru, { inputs, opset: 12 }), /exportOnnx: opset 12/],
    ["an opset as text", () => exportOnnx(gru, { inputs, opset: "17" as never }), /exportOnnx: opset "17"; use an int/],
    [
      "a function",
      () => exportOnnx(((x: Tensor) => x) as never, { inputs }),
      /is a function, no Module; give an object/,
    ],
    ["a class", () => exportOnnx(GRU as never, { inputs }), /the model is a function, no Module/],
    ["no model", () => exportOnnx(null as never, { inputs }), /the model is null, no Module/],
    ["a plain object", () => exportOnnx({ forward: () => 1 } as never, { inputs }), /of type object, no Module/],
    ["too few names", () => exportOnnx(gru, { inputs, outputs: ["y"] }), /names 1 \(y\), forward returns 2 tensors/],
    ["a name twice", () => exportOnnx(gru, { inputs, outputs: ["y", "y"] }), /two outputs are named y/],
    ["what is no tensor", () => exportOnnx(gru, { inputs, forward: () => ({ y: 3 as never }) }), /a number under y/],
    ["a promise", () => exportOnnx(gru, { inputs, forward: (async () => 1) as never }), /a Promise/],
    ["the metadata's own key", () => exportOnnx(gru, { inputs, metadata: { [stateMetadataKey]: "" } }), /another key/],
    [
      "a report of nothing",
      () => exportOnnx(gru, { inputs, onCompressed: console.log }),
      /onCompressed without weights/,
    ],
  ])("%s", async (_, attempt, message) => {
    await expect(attempt()).rejects.toThrow(ArgumentError);
    await expect(attempt()).rejects.toThrow(message);
  });

  test("all nodes that ONNX Runtime cannot run, at once", async () => {
    const model = new LSTM(2, 3, { dtype: "float64", numLayers: 2 });
    const attempt = exportOnnx(model, { inputs: { x: { shape: ["time", "batch", 2], dtype: "float64" } } });
    await expect(attempt).rejects.toThrow(GraphError);
    await expect(attempt).rejects.toThrow(/2 nodes.*LSTM kernel for float64.*LSTM kernel for float64/);
  });

  test("a loop over a named size", async () => {
    const forward = ({ x }: { x: Tensor }): Tensor =>
      Array.from({ length: x.shape[0] }, (_, t) => x.select(0, t)).reduce((sum, row) => sum.add(row));
    await expect(exportOnnx(gru, { inputs, forward })).rejects.toThrow(GraphError);
  });

  test("a forward that changes the model", async () => {
    class Counter extends Module {
      calls: Buffer = new Buffer(zeros([]));
      override forward(x: Tensor): Tensor {
        this.calls.assign_(this.calls.add(1));
        return x.mul(2);
      }
    }
    const model = new Counter();
    await expect(exportOnnx(model, { inputs })).rejects.toThrow(/forward changes calls in place/);
    expect(model.calls.item()).toBe(0);
  });

  test("a tensor that belongs to no module", async () => {
    const stray = ones([2, 2]);
    await expect(exportOnnx(gru, { inputs, forward: ({ x }) => x.matmul(stray) })).rejects.toThrow(GraphError);
  });
});
