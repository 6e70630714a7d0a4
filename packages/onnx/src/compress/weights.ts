import { FormatError } from "@unrolled/backend";
import { type TensorProto, TensorProto_DataType } from "onnx-buf";
import { readTensor } from "../import/read-tensor.js";
import type { UntouchedTensor } from "./report.js";
import type { ReadModel, Scope, Use } from "./scopes.js";

const caller = "compressOnnx";

/** A float32 initialiser that may be stored in another way. */
export interface Weight {
  readonly scope: Scope;
  readonly tensor: TensorProto;
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly uses: readonly Use[];
}

const otherFloats: { readonly [type: number]: string } = {
  [TensorProto_DataType.FLOAT16]: "float16",
  [TensorProto_DataType.BFLOAT16]: "bfloat16",
  [TensorProto_DataType.DOUBLE]: "float64",
};

/** Splits the floating-point initialisers into those that can be compressed and those that cannot, with the reason. */
export function findWeights(model: ReadModel): { weights: Weight[]; left: UntouchedTensor[] } {
  const weights: Weight[] = [];
  const left: UntouchedTensor[] = [];
  for (const scope of model.scopes) {
    const fed = new Set(scope.graph.input.map(({ name }) => name));
    for (const tensor of scope.graph.initializer) {
      const { name } = tensor;
      const other = otherFloats[tensor.dataType];
      if (other) {
        // The bytes that are there: the dimensions may claim more.
        const bytes = tensor.rawData.length + 2 * tensor.int32Data.length + 8 * tensor.doubleData.length;
        left.push({ name, shape: tensor.dims.map(Number), bytes, reason: `it is ${other}` });
      }
      if (tensor.dataType !== TensorProto_DataType.FLOAT) continue;
      const { shape, data } = asOurs(() => readTensor(tensor, `initialiser "${name}"`));
      const weight = { scope, tensor, name, shape, data: data as Float32Array, uses: model.uses.get(tensor) ?? [] };
      if (fed.has(name)) left.push(untouched(weight, "it is the default of an input, which a run may replace"));
      else weights.push(weight);
    }
  }
  return { weights, left };
}

export function untouched({ name, shape, data }: Weight, reason: string): UntouchedTensor {
  return { name, shape, bytes: data.byteLength, reason };
}

/** Runs a reader of the import and puts this function's name on its FormatErrors. */
export function asOurs<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { message, op, remedy } = error;
    const problem = message.slice(`${op}: `.length, message.length - `; ${remedy}`.length);
    throw new FormatError(caller, problem, remedy, { cause: error });
  }
}
