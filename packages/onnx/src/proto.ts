import { create } from "@bufbuild/protobuf";
import { type DType, formatSize, type Shape, type Size, type TypedArray } from "@unrolled/backend";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { fixedSize } from "./sizes.js";

/** ONNX's number for a dtype. */
export const elementTypes: { readonly [D in DType]: TensorProto_DataType } = {
  float32: TensorProto_DataType.FLOAT,
  float64: TensorProto_DataType.DOUBLE,
  int32: TensorProto_DataType.INT32,
  bool: TensorProto_DataType.BOOL,
};

export function int(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
}

export function float(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value });
}

export function ints(name: string, values: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: values.map(BigInt) });
}

export function string(name: string, value: string): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s: utf8(value) });
}

export function strings(name: string, values: readonly string[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRINGS, strings: values.map(utf8) });
}

/** A sub-graph, such as the body of a Scan. */
export function subgraph(name: string, g: GraphProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.GRAPH, g });
}

export function tensor(name: string, t: TensorProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.TENSOR, t });
}

export function tensorProto(name: string, data: TypedArray, shape: Shape, dtype: DType): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: elementTypes[dtype],
    rawData: littleEndianBytes(data),
  });
}

export function int64Proto(name: string, values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: TensorProto_DataType.INT64,
    rawData: littleEndianBytes(BigInt64Array.from(values, BigInt)),
  });
}

/** A value of a sub-graph, whose shape the runtime infers. */
export function unshapedInfo(name: string, dtype: DType): ValueInfoProto {
  const tensorType = { elemType: elementTypes[dtype] };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: tensorType } } });
}

/** An input or output: fixed sizes as numbers, others by name (`time`) or as text (`2*time`). */
export function valueInfo(name: string, sizes: readonly Size[], dtype: DType): ValueInfoProto {
  const dim = sizes.map((size) => {
    const fixed = fixedSize(size);
    return fixed === null
      ? { value: { case: "dimParam" as const, value: formatSize(size).replaceAll(" ", "") } }
      : { value: { case: "dimValue" as const, value: BigInt(fixed) } };
  });
  const tensorType = { elemType: elementTypes[dtype], shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: tensorType } } });
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndianBytes(data: TypedArray | BigInt64Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.byteLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (!hostIsLittleEndian) {
    const size = data.BYTES_PER_ELEMENT;
    for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  }
  return bytes;
}
