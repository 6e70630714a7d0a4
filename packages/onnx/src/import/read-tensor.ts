import { FormatError } from "@unrolled/backend";
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import { fromFloat16Bits } from "../compress/float16.js";
import { externalLocation } from "./external-data.js";
import { allocateElements, type ElementType, type HostConstant } from "./operand.js";

const caller = "onnxToGraph";
const largestSize = 2 ** 31 - 1;
const largestRank = 32;

const elementTypes: { readonly [number: number]: ElementType } = {
  [TensorProto_DataType.FLOAT]: "float32",
  [TensorProto_DataType.DOUBLE]: "float64",
  [TensorProto_DataType.INT32]: "int32",
  [TensorProto_DataType.INT64]: "int64",
  [TensorProto_DataType.BOOL]: "bool",
};
const bytes: { readonly [T in ElementType]: number } = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1 };

/** The element type behind ONNX's number, or undefined for one that graphs do not have. */
export function elementType(number: number): ElementType | undefined {
  return elementTypes[number];
}

export function elementTypeName(number: number): string {
  return TensorProto_DataType[number] ?? `number ${number}`;
}

/** Reads an initialiser or a tensor attribute, float16 as float32; its sizes are checked against the bytes at hand before anything is allocated. */
export function readTensor(tensor: TensorProto, where: string): HostConstant {
  const broken = (problem: string, remedy: string): FormatError =>
    new FormatError(caller, `${where} ${problem}`, remedy);
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0) {
    const file = JSON.stringify(externalLocation(tensor) ?? "model.onnx.data");
    throw broken(
      `keeps its data in another file, ${file}`,
      `save the model as one file, in PyTorch by torch.onnx.export(..., external_data=False), or import it with { externalData: { ${file}: bytes } }`,
    );
  }
  if (tensor.segment) throw broken("is stored in segments", "save the tensor as a whole");
  const half = tensor.dataType === TensorProto_DataType.FLOAT16;
  const type = half ? "float32" : elementType(tensor.dataType);
  if (!type)
    throw broken(
      `has element type ${elementTypeName(tensor.dataType)}`,
      "tensors may be float16, float32, float64, int32, int64 and bool",
    );
  const { shape, count } = readShape(tensor.dims, broken);
  const typed = half ? tensor.int32Data : typedData(tensor, type);
  const width = half ? 2 : bytes[type];
  const lists = [tensor.floatData, tensor.doubleData, tensor.int32Data, tensor.int64Data, tensor.uint64Data];
  if (tensor.stringData.length > 0 || lists.some((list) => list !== typed && list.length > 0))
    throw broken(`is ${type}, but holds data of another type`, "write the data into the field of its type");
  const raw = tensor.rawData.length;
  if (raw > 0 && typed.length > 0) throw broken("holds its data twice", "write raw_data or the typed field");
  if (raw > 0 ? raw !== count * width : typed.length !== count) {
    const held = raw > 0 ? `${raw} bytes` : `${typed.length} elements`;
    throw broken(
      `[${shape.join(", ")}] ${half ? "float16" : type} holds ${held}`,
      raw > 0 ? `it needs ${count * width} bytes` : `it needs ${count} elements`,
    );
  }
  const data = allocateElements(type, count);
  if (raw > 0) {
    const view = new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset, raw);
    const read = half ? rawHalf : rawReaders[type];
    for (let i = 0; i < count; i++) data[i] = read(view, i);
  } else for (let i = 0; i < count; i++) data[i] = half ? fromFloat16Bits(Number(typed[i]) & 0xffff) : Number(typed[i]);
  if (type === "bool") {
    const wild = data.find((value) => value > 1);
    if (wild !== undefined) throw broken(`is bool, but holds ${wild}`, "write 0 or 1");
  }
  return { shape, type, data };
}

const rawHalf = (view: DataView, i: number): number => fromFloat16Bits(view.getUint16(2 * i, true));
const rawReaders: { readonly [T in ElementType]: (view: DataView, i: number) => number } = {
  float32: (view, i) => view.getFloat32(4 * i, true),
  float64: (view, i) => view.getFloat64(8 * i, true),
  int32: (view, i) => view.getInt32(4 * i, true),
  int64: (view, i) => Number(view.getBigInt64(8 * i, true)),
  bool: (view, i) => view.getUint8(i),
};

function readShape(
  dims: readonly bigint[],
  broken: (problem: string, remedy: string) => FormatError,
): { shape: number[]; count: number } {
  if (dims.length > largestRank) throw broken(`has ${dims.length} dimensions`, `use at most ${largestRank}`);
  let count = 1;
  for (const size of dims) {
    if (size < 0n || size > largestSize) throw broken(`has a dimension of ${size}`, `use 0 to ${largestSize}`);
    count *= Number(size);
  }
  if (count > largestSize) throw broken(`claims ${count} elements`, `use at most ${largestSize}`);
  return { shape: dims.map(Number), count };
}

function typedData(tensor: TensorProto, type: ElementType): readonly (number | bigint)[] {
  if (type === "float32") return tensor.floatData;
  if (type === "float64") return tensor.doubleData;
  return type === "int64" ? tensor.int64Data : tensor.int32Data;
}
