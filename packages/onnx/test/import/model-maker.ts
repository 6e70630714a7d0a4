import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProtoSchema,
  ModelProtoSchema,
  type TensorProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";

/** What `create` takes besides a whole message. */
type Init<S extends DescMessage> = Extract<MessageInitShape<S>, { $typeName?: never }>;
type Attribute = Init<typeof AttributeProtoSchema>;
type TensorInit = Init<typeof TensorProtoSchema>;
export type GraphInit = Init<typeof GraphProtoSchema>;
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: GraphInit };

const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11, float16: 10 };
export type FileType = keyof typeof elementTypes;

const utf8 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));

function attribute(name: string, value: AttributeValue): Attribute {
  if (typeof value === "number") return { name, type: AttributeType.INT, i: BigInt(value) };
  if (typeof value === "string") return { name, type: AttributeType.STRING, s: utf8(value) };
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ("floats" in value) return { name, type: AttributeType.FLOATS, floats: [...value.floats] };
  if ("graph" in value) return { name, type: AttributeType.GRAPH, g: { name: "body", ...value.graph } };
  if (typeof value[0] === "string")
    return { name, type: AttributeType.STRINGS, strings: (value as readonly string[]).map(utf8) };
  return { name, type: AttributeType.INTS, ints: (value as readonly number[]).map(BigInt) };
}

export const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): NonNullable<GraphInit["node"]>[number] => ({
  opType,
  name: `the ${opType}`,
  input: [...input],
  output: [...output],
  attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
});

export const info = (
  name: string,
  shape: readonly (number | string)[] | null,
  type: FileType = "float32",
): NonNullable<GraphInit["input"]>[number] => ({
  name,
  type: {
    value: {
      case: "tensorType",
      value: {
        elemType: elementTypes[type],
        ...(shape && {
          shape: {
            dim: shape.map((size) => ({
              value:
                typeof size === "string"
                  ? { case: "dimParam" as const, value: size }
                  : { case: "dimValue" as const, value: BigInt(size) },
            })),
          },
        }),
      },
    },
  },
});

export const floats = (name: string, dims: readonly number[], values: readonly number[]): TensorInit => ({
  name,
  dims: dims.map(BigInt),
  dataType: elementTypes.float32,
  floatData: [...values],
});

export const doubles = (name: string, dims: readonly number[], values: readonly number[]): TensorInit => ({
  name,
  dims: dims.map(BigInt),
  dataType: elementTypes.float64,
  doubleData: [...values],
});

export const int64s = (name: string, values: readonly (number | bigint)[], dims = [values.length]): TensorInit => ({
  name,
  dims: dims.map(BigInt),
  dataType: elementTypes.int64,
  int64Data: values.map(BigInt),
});

/** A serialised model; opset 17 and ir_version 8 unless told. */
export function model(graph: GraphInit, opset = 17, rest: Init<typeof ModelProtoSchema> = {}): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      graph: { name: "made", ...graph },
      opsetImport: [{ domain: "", version: BigInt(opset) }],
      ...rest,
    }),
  );
}

/** The file with other inputs. */
export function withInputs(bytes: Uint8Array, input: NonNullable<GraphInit["input"]>): Uint8Array {
  const made = fromBinary(ModelProtoSchema, bytes);
  if (made.graph) made.graph.input = input.map((value) => create(ValueInfoProtoSchema, value));
  return toBinary(ModelProtoSchema, made);
}
