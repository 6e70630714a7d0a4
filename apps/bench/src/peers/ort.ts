import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { reorderedGates, total } from "../arrays.js";
import type { Family } from "../run.js";
import type { InferenceWork } from "../works/work.js";

type Shape = readonly number[];

function valueInfo(name: string, shape: Shape): ValueInfoProto {
  const dim = shape.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } }));
  const value = { elemType: TensorProto_DataType.FLOAT, shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value } } });
}

const weight = (name: string, values: Float32Array, shape: Shape) =>
  create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: TensorProto_DataType.FLOAT,
    rawData: Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  });

const integer = (name: string, value: number) =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });

interface OneNode {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly weights?: Readonly<Record<string, readonly [Float32Array, Shape]>>;
  /** In the node's order; without a shape it is left out. */
  readonly outputs: readonly (readonly [name: string, shape?: Shape])[];
}

/** A file of one node. */
function modelOf({ op, attributes = {}, inputs, weights = {}, outputs }: OneNode): Uint8Array {
  const node = create(NodeProtoSchema, {
    opType: op,
    input: [...Object.keys(inputs), ...Object.keys(weights)],
    output: outputs.map(([name, shape]) => (shape ? name : "")),
    attribute: Object.entries(attributes).map(([name, value]) => integer(name, value)),
  });
  const graph = {
    name: op,
    node: [node],
    input: Object.entries(inputs).map(([name, shape]) => valueInfo(name, shape)),
    output: outputs.flatMap(([name, shape]) => (shape ? [valueInfo(name, shape)] : [])),
    initializer: Object.entries(weights).map(([name, [values, shape]]) => weight(name, values, shape)),
  };
  const model = create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: "", version: 14n }], graph });
  return toBinary(ModelProtoSchema, model);
}

/** ONNX's GRU has its gates in the order z, r, n and its biases in one row. */
function gruModel({ time, batch, inputSize, hiddenSize, weights }: InferenceWork): Uint8Array {
  const order = [1, 0, 2];
  const rows = 3 * hiddenSize;
  const bias = new Float32Array(2 * rows);
  bias.set(reorderedGates(weights.biasIh, hiddenSize, 1, order));
  bias.set(reorderedGates(weights.biasHh, hiddenSize, 1, order), rows);
  return modelOf({
    op: "GRU",
    attributes: { hidden_size: hiddenSize, linear_before_reset: 1 },
    inputs: { x: [time, batch, inputSize] },
    weights: {
      w: [reorderedGates(weights.weightIh, hiddenSize, inputSize, order), [1, rows, inputSize]],
      r: [reorderedGates(weights.weightHh, hiddenSize, hiddenSize, order), [1, rows, hiddenSize]],
      b: [bias, [1, 2 * rows]],
    },
    outputs: [["y"], ["h", [1, batch, hiddenSize]]],
  });
}

/** onnxruntime-node by its own interface, with files made for it. */
export function ortFamily(threads: number): Family {
  const open = (model: Uint8Array): Promise<InferenceSession> =>
    InferenceSession.create(model, { intraOpNumThreads: threads, interOpNumThreads: 1, executionProviders: ["cpu"] });
  return {
    async inference(work) {
      const session = await open(gruModel(work));
      const x = new Tensor("float32", work.x, [work.time, work.batch, work.inputSize]);
      return { call: async () => total((await session.run({ x })).h.data as Float32Array) };
    },

    async product({ size, a, b }) {
      const shape = [size, size];
      const session = await open(modelOf({ op: "MatMul", inputs: { a: shape, b: shape }, outputs: [["c", shape]] }));
      const feeds = { a: new Tensor("float32", a, shape), b: new Tensor("float32", b, shape) };
      let data = new Float32Array(0);
      return {
        async call() {
          data = (await session.run(feeds)).c.data as Float32Array<ArrayBuffer>;
        },
        values: () => [data[1], data[(size - 1) * size + 2]],
      };
    },
  };
}
