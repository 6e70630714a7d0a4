import type { KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import type { TypedArray } from "@unrolled/backend";

/** An attribute of a TensorFlow op. Types are inferred from the inputs and need none. */
export interface OpAttr {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | readonly number[];
}

/** What the addon says of an op's output. `dtype` is TensorFlow's number. */
export interface OpOutput {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** The addon of @tensorflow/tfjs-node, as far as it is used here. Tensors go by numbers, and live until `deleteTensor`. */
export interface Binding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_TYPE: number;
  executeOp(name: string, attrs: readonly OpAttr[], inputs: readonly number[], outputs: number): OpOutput[];
  createTensor(shape: readonly number[], dtype: number, values: TypedArray): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TypedArray;
}

export type DataId = TensorInfo["dataId"];

interface TensorEntry {
  shape: number[];
  dtype: number;
  /** Host values that have not become a tensor yet. */
  values: TypedArray | null;
  id: number;
  refCount: number;
}

/** The backend object of @tensorflow/tfjs-node. */
export interface NodeBackend extends KernelBackend {
  readonly binding: Binding;
  readonly tensorMap: { get(dataId: DataId): TensorEntry; set(dataId: DataId, entry: TensorEntry): void };
}
