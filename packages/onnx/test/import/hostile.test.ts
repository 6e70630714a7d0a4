import { readFileSync } from "node:fs";
import { ArgumentError, FormatError, GraphError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend } from "@unrolled/core";
import { importOnnx, onnxToGraph } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { type AttributeValue, floats, type GraphInit, info, int64s, model, node } from "./model-maker.js";

setDefaultBackend(cpu());

const lstm = readFileSync(new URL("./models/lstm-two-ways.onnx", import.meta.url));
const small = readFileSync(new URL("./models/rnn.onnx", import.meta.url));
const dims = { time: 3, batch: 2 };
const x = info("x", [2, 3]);
const y = info("y", [2, 3]);
const relu = node("Relu", ["x"], ["y"]);

test("a file cut off anywhere is a FormatError", () => {
  for (let length = 0; length < small.length; length++)
    expect(() => onnxToGraph(small.subarray(0, length), { dims }), `${length} bytes`).toThrow(FormatError);
  expect(onnxToGraph(small, { dims }).outputs).toHaveLength(2);
});

test("flipped bytes give a graph, a FormatError, a GraphError or (a dimension renamed) an ArgumentError, and nothing else", {
  timeout: 60_000,
}, () => {
  let state = 7;
  const draw = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  let refused = 0;
  for (const file of [small, lstm]) {
    for (let round = 0; round < 400; round++) {
      const bytes = Uint8Array.from(file);
      for (let flips = 1 + draw(4); flips > 0; flips--) bytes[draw(bytes.length)] ^= 1 << draw(8);
      try {
        onnxToGraph(bytes, { dims });
        importOnnx(bytes);
      } catch (error) {
        const renamed = error instanceof ArgumentError && /the (sizes|inputs)/.test(error.message);
        if (!(error instanceof FormatError || error instanceof GraphError || renamed)) throw error;
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test("random bytes are refused", () => {
  expect(() => onnxToGraph(new Uint8Array(0))).toThrow(FormatError);
  expect(() => onnxToGraph(Uint8Array.from({ length: 500 }, (_, i) => (i * 37) % 256))).toThrow(FormatError);
  expect(() => onnxToGraph(new Uint8Array(100_000).fill(0x3a))).toThrow(FormatError);
});

/** A scan of x [3, 2] with the state h [2]. */
function scanned(body: GraphInit, attributes: Readonly<Record<string, AttributeValue>> = {}): Uint8Array {
  return model({
    input: [info("h", [2]), info("x", [3, 2])],
    output: [info("y", null)],
    node: [node("Scan", ["h", "x"], ["y"], { body: { graph: body }, num_scan_inputs: 1, ...attributes })],
  });
}

/** Scans in each other, each over one more axis. */
function nested(depth: number): Uint8Array {
  const level = (d: number): GraphInit => ({
    input: [info(`s${d}`, null), info(`v${d}`, null)],
    output: [info(`t${d}`, null)],
    node:
      d === depth
        ? [node("Identity", [`s${d}`], [`t${d}`])]
        : [
            node("Unsqueeze", [`v${d}`, "axes"], [`w${d}`]),
            node("Scan", [`s${d}`, `w${d}`], [`t${d}`], { body: { graph: level(d + 1) }, num_scan_inputs: 1 }),
          ],
  });
  return model({
    input: [info("h", [2]), info("x", [3, 2])],
    initializer: [int64s("axes", [0])],
    output: [info("y", null)],
    node: [node("Scan", ["h", "x"], ["y"], { body: { graph: level(0) }, num_scan_inputs: 1 })],
  });
}

const broken: Readonly<Record<string, readonly [bytes: () => Uint8Array, message: RegExp]>> = {
  "no graph": [() => model({}, 17, { graph: undefined as never }), /no graph/],
  "an old opset": [() => model({ input: [x], output: [y], node: [relu] }, 6), /opset 6.*7 to 21/],
  "a new opset": [() => model({ input: [x], output: [y], node: [relu] }, 99), /opset 99/],
  "an unknown ir_version": [
    () => model({ input: [x], output: [y], node: [relu] }, 17, { irVersion: 99n }),
    /ir_version/,
  ],
  "no opset": [() => model({ input: [x], output: [y], node: [relu] }, 17, { opsetImport: [] }), /0 ONNX opsets/],
  "no outputs": [() => model({ input: [x], node: [relu] }), /no outputs/],
  "an output that nothing makes": [() => model({ input: [x], output: [info("z", [1])], node: [relu] }), /"z"/],
  "an input that nothing makes": [
    () => model({ input: [x], output: [y], node: [node("Add", ["x", "w"], ["y"])] }),
    /the Add.*"w", which nothing makes/,
  ],
  "a circle": [
    () => model({ input: [x], output: [y], node: [node("Add", ["x", "b"], ["y"]), node("Relu", ["y"], ["b"])] }),
    /circle/,
  ],
  "a node that reads itself": [
    () => model({ input: [x], output: [y], node: [node("Add", ["x", "y"], ["y"])] }),
    /cannot read itself/,
  ],
  "a name made twice": [() => model({ input: [x], output: [y], node: [relu, relu] }), /"y", a name that is taken/],
  "two initialisers of a name": [
    () => model({ initializer: [floats("w", [1], [1]), floats("w", [1], [1])], output: [info("w", [1])] }),
    /"w" has a name that is taken/,
  ],
  "an output of another shape": [
    () => model({ input: [x], output: [info("y", [3, 2])], node: [relu] }),
    /said to be float32 \[3, 2\]/,
  ],
  "shapes that do not fit": [
    () => model({ input: [x], output: [y], node: [node("MatMul", ["x", "x"], ["y"])] }),
    /node 0 "the MatMul".*inner sizes/,
  ],
  "too few inputs": [() => model({ input: [x], output: [y], node: [node("Add", ["x"], ["y"])] }), /1 inputs/],
  "too many outputs": [
    () => model({ input: [x], output: [y], node: [node("Relu", ["x"], ["y", "z"])] }),
    /no output 1/,
  ],
  "an attribute of the wrong type": [
    () => model({ input: [x], output: [y], node: [node("Softmax", ["x"], ["y"], { axis: "last" })] }),
    /axis of type STRING/,
  ],
  "a claimed size beyond the data": [
    () => model({ initializer: [{ ...floats("w", [2 ** 30], [1]) }], output: [info("w", [2 ** 30])] }),
    /initialiser "w".*holds 1 elements/,
  ],
  "a claimed size beyond memory": [
    () => model({ initializer: [floats("w", [2 ** 31 - 1, 2 ** 31 - 1], [])], output: [info("w", [1])] }),
    /claims/,
  ],
  "a negative size": [
    () => model({ initializer: [floats("w", [-1], [])], output: [info("w", [1])] }),
    /dimension of -1/,
  ],
  "data in another file": [
    () =>
      model({
        initializer: [{ ...floats("w", [1], []), dataLocation: 1, externalData: [{ key: "location", value: "../w" }] }],
        output: [info("w", [1])],
      }),
    /initialiser "w" keeps its data in another file/,
  ],
  bfloat16: [
    () => model({ initializer: [{ ...floats("w", [1], [1]), dataType: 16 }], output: [info("w", [1])] }),
    /element type BFLOAT16/,
  ],
  "float16 in the wrong field": [
    () => model({ initializer: [{ ...floats("w", [1], [1]), dataType: 10 }], output: [info("w", [1])] }),
    /data of another type/,
  ],
  "a float16 claim beyond the data": [
    () =>
      model({
        initializer: [{ name: "w", dims: [4n], dataType: 10, rawData: new Uint8Array(6) }],
        output: [info("w", [4])],
      }),
    /float16 holds 6 bytes; it needs 8/,
  ],
  "a scan body with other inputs": [
    () => scanned({ input: [info("s", [2])], output: [info("s", [2])] }),
    /the Scan.*the body has 1 inputs.*it gets 2/,
  ],
  "a scan state that grows": [
    () =>
      scanned({
        input: [info("s", [2]), info("v", [2])],
        output: [info("t", [4])],
        node: [node("Concat", ["s", "v"], ["t"], { axis: 0 })],
      }),
    /state 0 of float32 \[2\] that becomes float32 \[4\]/,
  ],
  "a scan body that reads its own output": [
    () =>
      scanned({
        input: [info("s", [2]), info("v", [2])],
        output: [info("t", [2])],
        node: [node("Add", ["s", "u"], ["t"]), node("Add", ["t", "v"], ["u"])],
      }),
    /circle/,
  ],
  "a scan body that hides a name of the graph": [
    () => scanned({ input: [info("h", [2]), info("v", [2])], output: [info("h", [2])] }),
    /"h" has a name that is taken/,
  ],
  "a scan body whose output nothing makes": [
    () => scanned({ input: [info("s", [2]), info("v", [2])], output: [info("t", [2])] }),
    /nothing makes the output "t"/,
  ],
  "more scan inputs than inputs": [
    () => scanned({ input: [], output: [] }, { num_scan_inputs: 5 }),
    /num_scan_inputs = 5/,
  ],
  "scan axes beyond the rank": [
    () => scanned({ input: [info("s", [2]), info("v", [2])], output: [info("s", [2])] }, { scan_input_axes: [7] }),
    /axis 7/,
  ],
  "scans within scans without end": [() => nested(20), /graphs stand 17 deep/],
  "a huge expansion": [
    () =>
      model({
        input: [x],
        initializer: [int64s("s", [2 ** 30, 2 ** 30, 2, 3])],
        output: [y],
        node: [node("Expand", ["x", "s"], ["y"])],
      }),
    /more than 2\^31/,
  ],
  "a huge fill": [
    () => model({ initializer: [int64s("s", [2 ** 40])], output: [y], node: [node("ConstantOfShape", ["s"], ["y"])] }),
    /more than 2\^31/,
  ],
  "an index out of range": [
    () =>
      model({ input: [x], initializer: [int64s("i", [5])], output: [y], node: [node("Gather", ["x", "i"], ["y"])] }),
    /element 5 of 2/,
  ],
};

describe("refused with its place", () => {
  test.each(Object.entries(broken))("%s", (_, [bytes, message]) => {
    expect(() => onnxToGraph(bytes())).toThrow(FormatError);
    expect(() => onnxToGraph(bytes())).toThrow(message);
    expect(() => importOnnx(bytes())).toThrow(FormatError);
    expect(() => importOnnx(bytes())).toThrow(message);
  });
});

test("a large fill is a node, not memory", () => {
  const bytes = model({
    initializer: [int64s("s", [2 ** 15, 2 ** 15])],
    output: [info("y", [2 ** 15, 2 ** 15])],
    node: [node("ConstantOfShape", ["s"], ["y"])],
  });
  const graph = onnxToGraph(bytes);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["fill"]);
  expect(graph.constants.size).toBe(0);
});

test("constants that double from node to node are left to the graph", () => {
  const doubled = (steps: number): Uint8Array =>
    model({
      initializer: [floats("w0", [1], [1])],
      output: [info(`w${steps}`, null)],
      node: Array.from({ length: steps }, (_, i) => node("Concat", [`w${i}`, `w${i}`], [`w${i + 1}`], { axis: 0 })),
    });
  const graph = onnxToGraph(doubled(30));
  expect(graph.outputs[0].value.shape).toEqual([2 ** 30]);
  for (const data of graph.constants.values()) expect(data.length).toBeLessThanOrEqual(2 ** 20);
  expect(() => onnxToGraph(doubled(31))).toThrow(FormatError);
});

test("maxBytes", () => {
  expect(() => onnxToGraph(small, { dims, maxBytes: 100 })).toThrow(/more than 100/);
});

test("every node without a counterpart is listed, with its reason", () => {
  const recurrent = (extra: object) => ({ ...node("LSTM", ["s", "w", "r"], [], { hidden_size: 1, ...extra }) });
  const bytes = model({
    input: [info("x", [2, 3]), info("s", [1, 1, 1]), info("w", [1, 4, 1]), info("r", [1, 4, 1])],
    output: [y],
    node: [
      node("Wobble", ["x"], ["a"]),
      { ...node("Relu", ["a"], ["b"]), domain: "com.example" },
      node("Softmax", ["x"], ["c"], { temperature: 2 }),
      { ...recurrent({ input_forget: 1, clip: { float: 3 } }), output: ["d"] },
      { ...recurrent({ activations: ["Sigmoid", "Wavelet", "Tanh"] }), output: ["e"] },
      node("Add", ["x", "b"], ["y"]),
    ],
  });
  expect(() => onnxToGraph(bytes)).toThrow(GraphError);
  for (const reason of [
    /5 nodes/,
    /\(Wobble\): unknown operator/,
    /domain com\.example/,
    /attribute temperature/,
    /input_forget 1: runtimes differ/,
    /activations wavelet/,
  ])
    expect(() => onnxToGraph(bytes)).toThrow(reason);
});

test("importOnnx refuses files cut off anywhere, and lists all that has no counterpart", () => {
  for (let length = 0; length < small.length; length += 7)
    expect(() => importOnnx(small.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
  const bytes = model({ input: [x], output: [y], node: [node("Wobble", ["x"], ["a"]), node("Wabble", ["x"], ["y"])] });
  expect(() => importOnnx(bytes)).toThrow(GraphError);
  expect(() => importOnnx(bytes)).toThrow(/2 nodes.*Wobble.*Wabble/);
});

test("weights that double from node to node are not multiplied at import", () => {
  const steps = 26;
  const bytes = model({
    input: [info("x", [1])],
    initializer: [floats("w0", [2], [1, 2])],
    output: [info("y", null)],
    node: [
      ...Array.from({ length: steps }, (_, i) => node("Concat", [`w${i}`, `w${i}`], [`w${i + 1}`], { axis: 0 })),
      node("Add", ["x", `w${steps}`], ["y"]),
    ],
  });
  const imported = importOnnx(bytes);
  expect([...imported.namedParameters()].map(([name, { shape }]) => [name, shape])).toEqual([["w0", [2]]]);
});

test("a long chain of weights that only move is read in time", () => {
  const count = 20_000;
  const bytes = model({
    input: [info("x", [1])],
    initializer: [floats("w0", [2], [1, 2])],
    output: [info("y", null)],
    node: [
      ...Array.from({ length: count }, (_, i) => node("Identity", [`w${i}`], [`w${i + 1}`])),
      node("Add", ["x", `w${count}`], ["y"]),
    ],
  });
  expect(importOnnx(bytes).parameters()).toHaveLength(1);
});
