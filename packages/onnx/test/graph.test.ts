import { fromBinary } from "@bufbuild/protobuf";
import { ArgumentError, GraphError } from "@unrolled/backend";
import { graphToOnnx, stateBindings, stateMetadataKey } from "@unrolled/onnx";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { GraphMaker } from "./graph-maker.js";
import { runOnce } from "./ort.js";
import { f32 } from "./values.js";

const read = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);

function sgdGraph(): GraphMaker {
  const g = new GraphMaker();
  const w = g.state("w", [2], Float32Array.of(1, 2));
  const gradient = g.input("gradient", [2], "float32");
  const lr = g.constant(Float32Array.of(0.5), [], "float32");
  const node = g.node("sgdStep", [w, gradient, null, lr, null], {
    momentum: 0,
    nesterov: false,
    weightDecay: 0,
    maximize: false,
  });
  const next = node.outputs[0];
  if (!next) throw new Error("sgdStep gave no parameter");
  g.setState("w", next);
  g.output("norm", g.op("sum", [next], { axes: [0], keepDims: false })[0]);
  return g;
}

describe("the file", () => {
  test("defaults to opset 17 and names its producer", () => {
    const model = read(graphToOnnx(sgdGraph().build("step")));
    expect([model.irVersion, model.opsetImport[0].version, model.producerName]).toEqual([8n, 17n, "unrolled"]);
    expect(model.graph?.name).toBe("step");
    const named = read(graphToOnnx(sgdGraph().build(), { opset: 21, producer: { name: "mine", version: "2" } }));
    expect([named.irVersion, named.opsetImport[0].version]).toEqual([10n, 21n]);
    expect([named.producerName, named.producerVersion]).toEqual(["mine", "2"]);
  });

  test.each([16, 22, 17.5, Number.NaN])("refuses opset %d", (opset) => {
    expect(() => graphToOnnx(sgdGraph().build(), { opset })).toThrow(ArgumentError);
  });

  test("state is an input and an output, listed in the metadata", () => {
    const graph = sgdGraph().build();
    const model = read(graphToOnnx(graph));
    expect(model.graph?.input.map((x) => x.name)).toEqual(["gradient", "w"]);
    expect(model.graph?.output.map((x) => x.name)).toEqual(["norm", "w.next"]);
    expect(stateBindings(graph)).toEqual([{ name: "w", input: "w", output: "w.next" }]);
    const entry = model.metadataProps.find(({ key }) => key === stateMetadataKey);
    expect(JSON.parse(entry?.value ?? "")).toEqual(stateBindings(graph));
  });

  test("inner values are named after the op and its place", () => {
    const g = new GraphMaker();
    const x = g.input("x", [2], "float32");
    const [sum] = g.op("add", [x, x], {});
    const [gathered] = g.op("max", [sum], { axes: [0], keepDims: true });
    g.output("y", g.op("mul", [gathered, sum], {})[0]);
    const nodes = read(graphToOnnx(g.build())).graph?.node ?? [];
    expect(nodes[0].output).toEqual(["add_0"]);
    expect(nodes.find((node) => node.output[0] === "max_1")?.opType).toBe("Where");
    expect(nodes.at(-1)?.input).toEqual(["max_1", "add_0"]);
    expect(nodes.at(-1)?.output).toEqual(["y"]);
  });

  test("a name that an inner value would have is left to the binding", async () => {
    const g = new GraphMaker();
    const x = g.input("add_0", [1], "float32");
    const [sum] = g.op("add", [x, x], {});
    g.output("add_0/Add", g.op("neg", [sum], {})[0]);
    expect((await runOnce(g.build(), { add_0: f32([1], [3]) }))["add_0/Add"].data).toEqual(Float32Array.of(-6));
  });

  test("inputs, constants, empty tensors and twice-named results can all be outputs", async () => {
    const g = new GraphMaker();
    const x = g.input("x", [2], "float32");
    const c = g.constant(Float32Array.of(7), [], "float32");
    const none = g.constant(new Float32Array(0), [0, 3], "float32");
    const [y] = g.op("neg", [x], {});
    const [same] = g.op("reshape", [y], { shape: [2] });
    const [empty] = g.op("neg", [none], {});
    for (const [name, value] of Object.entries({ x1: x, x2: x, c1: c, y1: y, y2: y, same, empty, none }))
      g.output(name, value);
    const out = await runOnce(g.build(), { x: f32([2], [1, 2]) });
    expect(out.x1.data).toEqual(Float32Array.of(1, 2));
    expect(out.x2.data).toEqual(Float32Array.of(1, 2));
    expect(out.c1.data).toEqual(Float32Array.of(7));
    for (const name of ["y1", "y2", "same"]) expect(out[name].data).toEqual(Float32Array.of(-1, -2));
    for (const name of ["empty", "none"]) expect(out[name].shape).toEqual([0, 3]);
  });

  test("a constant that is a view into a larger buffer is written alone, and once", () => {
    const g = new GraphMaker();
    const c = g.constant(new Float32Array(100).subarray(10, 12).fill(4), [2], "float32");
    const [sum] = g.op("add", [c, c], {});
    g.output("y", g.op("mul", [sum, c], {})[0]);
    const initializers = read(graphToOnnx(g.build())).graph?.initializer ?? [];
    expect(initializers.map((t) => [...t.rawData])).toEqual([[0, 0, 128, 64, 0, 0, 128, 64]]);
  });

  test("constant weights of a sequence are written only in ONNX's order", () => {
    const g = new GraphMaker();
    const x = g.input("x", [2, 1, 1], "float32");
    const h = g.input("h", [1, 1], "float32");
    const wIh = g.constant(Float32Array.of(1, 2, 3, 4), [4, 1], "float32");
    const wHh = g.constant(Float32Array.of(5, 6, 7, 8), [4, 1], "float32");
    const node = g.node("lstmSequence", [x, h, h, wIh, wHh, null, null, null], { reverse: false }, [
      true,
      false,
      false,
    ]);
    const y = node.outputs[0];
    if (!y) throw new Error("lstmSequence gave no y");
    g.output("y", y);
    const graph = read(graphToOnnx(g.build())).graph;
    const lstm = graph?.node.find((n) => n.opType === "LSTM");
    expect(lstm?.output).toHaveLength(1);
    const weights = graph?.initializer.filter((t) => t.name.includes("weight")) ?? [];
    expect(weights.map((t) => [...new Float32Array(t.rawData.slice().buffer)])).toEqual([
      [1, 4, 2, 3],
      [5, 8, 6, 7],
    ]);
    expect(graph?.initializer.some((t) => t.name.startsWith("constant"))).toBe(false);
  });
});

describe("what cannot be said", () => {
  test("is listed whole, with the remedy", () => {
    const g = new GraphMaker();
    const x = g.input("x", [2, 1, 3], "float64");
    const h = g.input("h", [1, 4], "float64");
    const w = g.input("w", [4, 3], "float64");
    const u = g.input("u", [4, 4], "float64");
    const forward = g.node("rnnSequence", [x, h, w, u, null, null, null], { nonlinearity: "tanh", reverse: false });
    const [, last] = forward.outputs;
    const flags = g.input("flags", [2], "bool");
    const index = g.input("index", [2], "int32");
    g.op("scatterAdd", [flags, index, flags], { axis: 0 });
    if (last) g.output("last", last);
    const attempt = () => graphToOnnx(g.build("training"));
    expect(attempt).toThrow(GraphError);
    expect(attempt).toThrow(/graph "training" has 2 nodes/);
    expect(attempt).toThrow(/node 0 rnnSequence: .*float64/);
    expect(attempt).toThrow(/node 1 scatterAdd: .*bool.*lowerFused\(graph\)/);
  });

  test.each([
    [
      "an output name given twice",
      (g: GraphMaker) => g.output("norm", g.input("z", [], "float32")),
      /"norm" stands for two/,
    ],
    [
      "an input named like the next state",
      (g: GraphMaker) => g.input("w.next", [], "float32"),
      /"w.next" stands for two/,
    ],
    ["an empty name", (g: GraphMaker) => g.input("", [], "float32"), /has no name/],
    [
      "an output that nothing makes",
      (g: GraphMaker) => g.output("z", g.value([], "float32")),
      /nothing makes the output "z"/,
    ],
    [
      "an input that nothing makes",
      (g: GraphMaker) => g.op("neg", [g.value([], "float32")], {}),
      /node 2 neg reads value/,
    ],
    [
      "a constant of the wrong size",
      (g: GraphMaker) => g.constant(new Float32Array(3), [2], "float32"),
      /holds 3 elements/,
    ],
  ])("%s", (_, change, message) => {
    const g = sgdGraph();
    change(g);
    expect(() => graphToOnnx(g.build())).toThrow(GraphError);
    expect(() => graphToOnnx(g.build())).toThrow(message);
  });

  test("no outputs", () => {
    expect(() => graphToOnnx(new GraphMaker().build())).toThrow(/has no outputs/);
  });
});
