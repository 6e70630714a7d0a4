import type { TensorInfo } from "@tensorflow/tfjs-core";
import { BackendError, type DType, type Shape, sameShape, type TypedArray } from "@unrolled/backend";
import { Device } from "../device.js";
import { engines } from "../engines.js";
import type { Binding, NodeBackend, OpAttr, OpOutput } from "./binding.js";

/** The number of a small tensor that `ints` or `long` made and keeps. */
export type Constant = number;
export type OpInput = TensorInfo | Constant;

const MAX_CONSTANTS = 1024;

/**
 * libtensorflow, driven op by op through the addon of @tensorflow/tfjs-node. The package's own kernels enter every result in the
 * engine that is active in TensorFlow.js, into its counts and tidy scopes; these ops do not. Buffers stand in the package's
 * table of tensors all the same, so that they can change hands with the user's code.
 */
export class TensorFlowDevice extends Device {
  readonly #backend: NodeBackend;
  readonly #binding: Binding;
  readonly #constants: Map<string, Constant> = new Map();

  constructor(backend: NodeBackend) {
    super("tensorflow", backend, engines.tensorflow.traits, () => undefined);
    this.#backend = backend;
    this.#binding = backend.binding;
  }

  /** Runs a TensorFlow op with one output, which lives until the end of the surrounding `compute`, unless returned from it. */
  op(name: string, inputs: readonly OpInput[], attrs: readonly OpAttr[] = []): TensorInfo {
    return this.ops(name, inputs, attrs, 1)[0];
  }

  /** Runs a TensorFlow op with several outputs. */
  ops(name: string, inputs: readonly OpInput[], attrs: readonly OpAttr[], outputs: number): TensorInfo[] {
    const ids = inputs.map((input) => (typeof input === "number" ? input : this.#idOf(input)));
    let results: OpOutput[];
    try {
      results = this.#binding.executeOp(name, attrs, ids, outputs);
    } catch (cause) {
      const problem = `TensorFlow failed: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new BackendError(name, problem, "see the cause", { cause });
    }
    return results.map((result) => this.track(this.#enter(result)));
  }

  flag(name: string, value: boolean): OpAttr {
    return { name, type: this.#binding.TF_ATTR_BOOL, value };
  }

  whole(name: string, value: number): OpAttr {
    return { name, type: this.#binding.TF_ATTR_INT, value };
  }

  decimal(name: string, value: number): OpAttr {
    return { name, type: this.#binding.TF_ATTR_FLOAT, value };
  }

  type(name: string, dtype: DType): OpAttr {
    return { name, type: this.#binding.TF_ATTR_TYPE, value: this.#numberOf(dtype) };
  }

  /** int32 numbers as an op's input, such as axes, a shape or pairs of paddings. */
  ints(values: readonly number[], shape: Shape = [values.length]): Constant {
    return this.#constant(`${shape.length}:${values}`, () =>
      this.#binding.createTensor(shape, this.#binding.TF_INT32, Int32Array.from(values)),
    );
  }

  /** An int64 scalar as an op's input. */
  long(value: number): Constant {
    return this.#constant(`long ${value}`, () =>
      this.#binding.createTensor([], this.#binding.TF_INT64, Int32Array.of(value, value < 0 ? -1 : 0)),
    );
  }

  scalar(value: number, dtype: DType): TensorInfo {
    const values =
      dtype === "float32" ? Float32Array.of(value) : dtype === "int32" ? Int32Array.of(value) : Uint8Array.of(value);
    return this.#hold(values, [], dtype);
  }

  reshape(x: TensorInfo, shape: Shape): TensorInfo {
    if (sameShape(x.shape, shape)) return x;
    return this.op("Reshape", [x, this.ints(shape)]);
  }

  override fill(shape: Shape, value: number, dtype: DType): TensorInfo {
    if (shape.length === 0) return this.scalar(value, dtype);
    return this.op("Fill", [this.ints(shape), this.scalar(value, dtype)]);
  }

  /** TensorFlow takes host memory over as it is, so it gets a copy of its own. */
  override write(data: TypedArray, shape: Shape, dtype: DType): TensorInfo {
    return this.#hold(data.slice(), shape, dtype);
  }

  override peek(x: TensorInfo): TypedArray {
    return this.#backend.readSync(x.dataId) as TypedArray;
  }

  override readSync(x: TensorInfo): TypedArray {
    const { values, id } = this.#backend.tensorMap.get(x.dataId);
    return values === null ? this.#binding.tensorDataSync(id) : values.slice();
  }

  override async read(x: TensorInfo): Promise<TypedArray> {
    return this.readSync(x);
  }

  /** The tensor's number; host values become a tensor at their first use. */
  #idOf(x: TensorInfo): number {
    const entry = this.#backend.tensorMap.get(x.dataId);
    if (entry.values !== null) {
      entry.id = this.#binding.createTensor(entry.shape, entry.dtype, entry.values);
      entry.values = null;
    }
    return entry.id;
  }

  #hold(values: TypedArray, shape: Shape, dtype: DType): TensorInfo {
    const kind = dtype as TensorInfo["dtype"];
    const dataId = this.#backend.write(values as Exclude<TypedArray, Float64Array>, [...shape], kind);
    return this.track({ dataId, shape: [...shape], dtype: kind });
  }

  #enter({ id, shape, dtype }: OpOutput): TensorInfo {
    const dataId: object = {};
    this.#backend.tensorMap.set(dataId, { shape, dtype, values: null, id, refCount: 1 });
    return { dataId, shape, dtype: this.#nameOf(dtype) };
  }

  #constant(key: string, make: () => number): Constant {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#constants.set(key, made);
    return made;
  }

  override computeAll<R extends readonly (TensorInfo | null)[]>(body: () => R): R {
    this.#trimConstants();
    return super.computeAll(body);
  }

  #trimConstants(): void {
    if (this.#constants.size <= MAX_CONSTANTS) return;
    for (const id of this.#constants.values()) this.#binding.deleteTensor(id);
    this.#constants.clear();
  }

  #numberOf(dtype: DType): number {
    const { TF_FLOAT, TF_INT32, TF_BOOL } = this.#binding;
    return dtype === "float32" ? TF_FLOAT : dtype === "int32" ? TF_INT32 : TF_BOOL;
  }

  #nameOf(dtype: number): TensorInfo["dtype"] {
    const { TF_FLOAT, TF_INT32, TF_BOOL } = this.#binding;
    if (dtype === TF_FLOAT) return "float32";
    if (dtype === TF_INT32) return "int32";
    if (dtype === TF_BOOL) return "bool";
    throw new BackendError("tensorflow", `an op returned TensorFlow's dtype ${dtype}`, "report it; no op here should");
  }
}
