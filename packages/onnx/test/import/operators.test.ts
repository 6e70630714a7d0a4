import { onnxToGraph } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { expectClose, random } from "../numbers.js";
import { f32, type Host, host } from "../values.js";
import { type AttributeValue, type FileType, floats, info, int64s, model, node } from "./model-maker.js";
import { interpret, runFile } from "./round-trip.js";

type TensorInit = ReturnType<typeof int64s>;

interface OperatorCase {
  readonly op: string;
  readonly inputs: Readonly<Record<string, Host>>;
  readonly initializers?: readonly TensorInit[];
  /** Names in order; default: the inputs, then the initialisers. */
  readonly reads?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
  readonly opset?: number;
}

const x = random([3, 4], 1);
const cube = random([2, 3, 4], 2);
const scalarInt = (name: string, value: number): TensorInit => int64s(name, [value], []);
const one = (name: string, value: number): TensorInit => floats(name, [], [value]);
const bools = host("bool", [4], [0, 1, 0, 1]);
const others = host("bool", [4], [0, 0, 1, 1]);

const slice = (starts: number[], ends: (number | bigint)[], axes: number[], steps: number[]): OperatorCase => ({
  op: "Slice",
  inputs: { x: random([7, 5], 3) },
  initializers: [int64s("starts", starts), int64s("ends", ends), int64s("axes", axes), int64s("steps", steps)],
});

const furthest = 2n ** 63n - 1n;
const cases: readonly OperatorCase[] = [
  slice([1], [furthest], [0], [2]),
  slice([-1], [-furthest], [0], [-1]),
  slice([5, -2], [0, -5], [0, -1], [-2, -1]),
  slice([3], [1], [0], [1]),
  slice([1], [3], [1], [-1]),
  slice([100], [0], [0], [-3]),
  { op: "Gemm", inputs: { x, w: random([5, 4], 3), b: random([5], 4) }, attributes: { transB: 1 } },
  {
    op: "Gemm",
    inputs: { x, w: random([3, 5], 3), b: random([4, 1], 4) },
    attributes: { transA: 1, alpha: { float: 0.5 }, beta: { float: -2 } },
  },
  { op: "Gemm", inputs: { x, w: random([4, 2], 3) } },
  { op: "MatMul", inputs: { x: random([4], 1), y: random([2, 4, 3], 2) } },
  { op: "MatMul", inputs: { x: random([2, 3, 4], 1), y: random([4], 2) } },
  { op: "MatMul", inputs: { x: random([4], 1), y: random([4], 2) } },
  { op: "Pow", inputs: { x }, initializers: [scalarInt("p", 2)] },
  ...["HardSigmoid", "LeakyRelu", "Elu", "Softplus", "Softsign"].map((op) => ({ op, inputs: { x } })),
  { op: "HardSigmoid", inputs: { x }, attributes: { alpha: { float: 0.4 }, beta: { float: 0.3 } } },
  { op: "Elu", inputs: { x }, attributes: { alpha: { float: 0.4 } } },
  { op: "GreaterOrEqual", inputs: { x, y: random([4], 8) } },
  { op: "LessOrEqual", inputs: { x: f32([3], [1, 2, Number.NaN]), y: f32([3], [1, 1, 1]) } },
  { op: "Sum", inputs: { x, y: random([4], 8), z: random([3, 1], 9) } },
  ...["ReduceMin", "ReduceSumSquare", "ReduceL2"].map((op) => ({
    op,
    inputs: { cube },
    attributes: { axes: [1], keepdims: 0 },
  })),
  {
    op: "BatchNormalization",
    inputs: { cube },
    initializers: ["scale", "bias", "mean", "variance"].map((name, i) => floats(name, [3], [1 + i, 0.5, 2])),
  },
  {
    op: "ReverseSequence",
    inputs: { cube },
    initializers: [int64s("lengths", [2, 2, 2])],
    attributes: { time_axis: 0, batch_axis: 1 },
  },
  { op: "Slice", inputs: { cube }, attributes: { starts: [1, -2], ends: [3, 100], axes: [1, 2] }, opset: 9 },
  { op: "Unsqueeze", inputs: { x }, attributes: { axes: [0, 3] }, opset: 11 },
  { op: "Squeeze", inputs: { x: random([1, 3, 1], 1) }, attributes: { axes: [2] }, opset: 11 },
  { op: "Split", inputs: { x }, attributes: { axis: 1, split: [1, 3] }, outputs: 2, opset: 11 },
  { op: "Pad", inputs: { x }, attributes: { pads: [1, 0, 0, 2], value: { float: 0.5 } }, opset: 9 },
  { op: "Clip", inputs: { x }, attributes: { min: { float: -0.5 } }, opset: 9 },
  { op: "Dropout", inputs: { x }, attributes: { ratio: { float: 0.3 } }, opset: 9 },
  { op: "Softmax", inputs: { cube }, opset: 11 },
  { op: "LogSoftmax", inputs: { cube }, attributes: { axis: 2 }, opset: 11 },
  { op: "Softmax", inputs: { cube }, attributes: { axis: -1 }, opset: 11 },
  { op: "ReduceSum", inputs: { cube }, attributes: { axes: [0, 2] }, opset: 11 },
  {
    op: "Pow",
    inputs: { x: f32([6], [1, 1, 1, -1, Number.NaN, -1]) },
    initializers: [
      floats("p", [6], [Number.NaN, Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 0, Number.NaN]),
    ],
  },
  { op: "Clip", inputs: { x }, initializers: [one("least", -0.2), one("most", 0.3)] },
  { op: "Clip", inputs: { x }, initializers: [one("most", 0.3)], reads: ["x", "", "most"] },
  { op: "Max", inputs: { x, y: random([4], 8), z: random([3, 1], 9) } },
  { op: "Greater", inputs: { x, y: random([4], 8) } },
  { op: "And", inputs: { a: bools, b: others } },
  { op: "Or", inputs: { a: bools, b: others } },
  { op: "Not", inputs: { a: bools } },
  { op: "Where", inputs: { a: bools, x, y: random([3, 1], 5) } },
  { op: "Reciprocal", inputs: { x } },
  { op: "Gelu", inputs: { x }, opset: 20 },
  { op: "Gelu", inputs: { x }, attributes: { approximate: "tanh" }, opset: 20 },
  { op: "ReduceMean", inputs: { x: cube }, attributes: { axes: [-1, 0], keepdims: 0 } },
  { op: "ReduceMean", inputs: { x: cube } },
  { op: "ReduceMean", inputs: { x: cube }, initializers: [int64s("axes", [1])], opset: 18 },
  { op: "ReduceMax", inputs: { x: cube }, attributes: { axes: [1] } },
  { op: "ReduceSum", inputs: { x: cube }, attributes: { noop_with_empty_axes: 1 } },
  { op: "ArgMax", inputs: { x: cube }, attributes: { axis: -2, keepdims: 0 } },
  { op: "CumSum", inputs: { x: cube }, initializers: [scalarInt("axis", -1)], attributes: { reverse: 1 } },
  { op: "Softmax", inputs: { x: cube }, attributes: { axis: 1 } },
  { op: "LogSoftmax", inputs: { x: cube } },
  {
    op: "LayerNormalization",
    inputs: { x: cube, scale: random([3, 4], 5), bias: random([3, 4], 6) },
    attributes: { axis: 1, epsilon: { float: 0.01 } },
  },
  { op: "LayerNormalization", inputs: { x: cube, scale: random([1, 1], 5) }, attributes: { axis: 1 } },
  { op: "LayerNormalization", inputs: { x: cube, scale: random([4], 5), bias: random([4], 6) }, outputs: 3 },
  { op: "Reshape", inputs: { x: cube }, initializers: [int64s("shape", [0, -1, 2])] },
  { op: "Transpose", inputs: { x: cube } },
  { op: "Expand", inputs: { x }, initializers: [int64s("shape", [2, 1, 4])] },
  { op: "Split", inputs: { x: cube }, initializers: [int64s("sizes", [1, 3])], attributes: { axis: 2 }, outputs: 2 },
  { op: "Split", inputs: { x: cube }, attributes: { axis: -1 }, outputs: 2 },
  { op: "Split", inputs: { x: random([5], 1) }, attributes: { num_outputs: 2 }, outputs: 2, opset: 18 },
  { op: "Pad", inputs: { x }, initializers: [int64s("widths", [1, 0, 0, 2]), one("value", 0.5)] },
  {
    op: "Pad",
    inputs: { x },
    initializers: [int64s("widths", [1, 2]), int64s("axes", [-1])],
    reads: ["x", "widths", "", "axes"],
    opset: 18,
  },
  { op: "Gather", inputs: { x: cube }, initializers: [int64s("indices", [-1, 0])], attributes: { axis: 1 } },
  { op: "Gather", inputs: { x: cube }, initializers: [scalarInt("index", -1)], attributes: { axis: 2 } },
  {
    op: "ScatterElements",
    inputs: { x, indices: host("int32", [2, 3], [0, 2, 2, 1, 2, 0]), updates: random([2, 3], 4) },
    attributes: { reduction: "add" },
  },
  {
    op: "ScatterElements",
    inputs: { x, indices: host("int32", [2, 3], [0, 3, 3, 1, 2, 0]), updates: random([2, 3], 4) },
    attributes: { reduction: "add", axis: 1 },
  },
  { op: "Squeeze", inputs: { x: random([1, 3, 1], 1) } },
  { op: "Squeeze", inputs: { x: random([1, 3, 1], 1) }, initializers: [int64s("axes", [-1])] },
  { op: "Unsqueeze", inputs: { x }, initializers: [int64s("axes", [-1, 0])] },
  { op: "Flatten", inputs: { x: cube }, attributes: { axis: 2 } },
  { op: "Flatten", inputs: { x: cube }, attributes: { axis: 0 } },
  { op: "Concat", inputs: { x, y: random([3, 1], 3) }, attributes: { axis: -1 } },
  { op: "Cast", inputs: { x: random([6], 1, 3) }, attributes: { to: 7 } },
  { op: "Shape", inputs: { x: cube }, attributes: { start: 1 } },
  { op: "Size", inputs: { x: cube } },
  { op: "Range", inputs: {}, initializers: [one("from", 1), one("to", -2), one("by", -0.5)] },
  { op: "Range", inputs: {}, initializers: [scalarInt("from", 2), scalarInt("to", 9), scalarInt("by", 3)] },
  { op: "ConstantOfShape", inputs: {}, initializers: [int64s("shape", [2, 3])] },
  { op: "Constant", inputs: {}, attributes: { value_ints: [3, -1] } },
  { op: "Dropout", inputs: { x } },
  ...(["forward", "reverse", "bidirectional"] as const).flatMap((direction) =>
    (["RNN", "GRU", "LSTM"] as const).map((op): OperatorCase => {
      const [d, g] = [direction === "bidirectional" ? 2 : 1, { RNN: 1, GRU: 3, LSTM: 4 }[op]];
      const c = op === "LSTM" ? { c: random([d, 3, 2], 6) } : {};
      const lengths = host("int32", [3], [5, 1, 3]);
      const weights = { w: random([d, g * 2, 4], 2), r: random([d, g * 2, 2], 3), b: random([d, g * 4], 4) };
      return {
        op,
        inputs: { x: random([5, 3, 4], 1), ...weights, lengths, h: random([d, 3, 2], 5), ...c },
        attributes: {
          direction,
          hidden_size: 2,
          ...(op === "RNN" && { activations: d === 2 ? ["Relu", "Tanh"] : ["Relu"] }),
        },
        outputs: op === "LSTM" ? 3 : 2,
      };
    }),
  ),
];

function file({ op, inputs, initializers = [], reads, attributes, outputs = 1, opset }: OperatorCase): Uint8Array {
  const names = Array.from({ length: outputs }, (_, i) => `out${i}`);
  const order = reads ?? [...Object.keys(inputs), ...initializers.map(({ name }) => name ?? "")];
  const kinds: Readonly<Record<string, FileType>> = {
    Shape: "int64",
    Size: "int64",
    ArgMax: "int64",
    Constant: "int64",
  };
  const wide = op === "Cast" || (op === "Range" && initializers[0].dataType === 7);
  const logical = ["And", "Or", "Not", "Greater", "GreaterOrEqual", "LessOrEqual"].includes(op);
  const type: FileType = logical ? "bool" : wide ? "int64" : (kinds[op] ?? "float32");
  return model(
    {
      input: Object.entries(inputs).map(([name, { shape, dtype }]) => info(name, shape, dtype)),
      initializer: [...initializers],
      output: names.map((name) => info(name, null, type)),
      node: [node(op, order, names, attributes)],
    },
    opset,
  );
}

describe("one operator, as ONNX Runtime computes it", () => {
  for (const c of cases) {
    const shapes = Object.values(c.inputs).map(({ shape }) => `[${shape}]`);
    test(`${c.op} ${shapes.join(" ")} ${JSON.stringify(c.attributes ?? {})}`, async () => {
      const bytes = file(c);
      const expected = await runFile(bytes, c.inputs);
      const actual = await interpret(onnxToGraph(bytes), c.inputs);
      expect(Object.keys(actual)).toEqual(Object.keys(expected));
      for (const [name, { data, shape, dtype }] of Object.entries(expected)) {
        expect(actual[name].shape).toEqual(shape);
        expect(actual[name].dtype).toBe(dtype);
        expectClose(actual[name].data, data, 2e-6);
      }
    });
  }
});

test("integers are divided with broadcasting, towards zero", async () => {
  const bytes = model({
    initializer: [int64s("a", [-7, 7], [2, 1]), int64s("b", [2, 3])],
    output: [info("y", [2, 2], "int64")],
    node: [node("Div", ["a", "b"], ["y"])],
  });
  expect(await interpret(onnxToGraph(bytes), {})).toEqual(await runFile(bytes, {}));
});

test("shape arithmetic is computed at import and leaves no node", async () => {
  const bytes = model({
    input: [info("x", ["batch", 3, 4])],
    initializer: [scalarInt("first", 0), int64s("axes", [0]), int64s("rest", [-1]), int64s("two", [2])],
    output: [info("y", ["batch", 12])],
    node: [
      node("Shape", ["x"], ["shape"]),
      node("Gather", ["shape", "first"], ["batch"]),
      node("Unsqueeze", ["batch", "axes"], ["list"]),
      node("Mul", ["list", "two"], ["double"]),
      node("Div", ["double", "two"], ["half"]),
      node("Concat", ["half", "rest"], ["to"], { axis: 0 }),
      node("Reshape", ["x", "to"], ["y"]),
    ],
  });
  const graph = onnxToGraph(bytes, { dims: { batch: 5 } });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["reshape"]);
  expect(graph.outputs[0].value.shape).toEqual([5, 12]);
});
