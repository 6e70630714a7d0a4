import type { KernelBackend, KernelFunc, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs-core";
import { BackendError, type DType, type Shape, type TypedArray } from "@unrolled/backend";
import type { Traits } from "./engines.js";
import { toHostArray } from "./host-array.js";
import type { WasmHeap } from "./wasm-heap.js";

type Inputs = NamedTensorInfoMap | readonly TensorInfo[];

/**
 * One TensorFlow.js engine, driven kernel by kernel, below the user's own engine state (active backend, tidy scopes, counts).
 * Whatever a kernel makes inside `compute` and does not return is released when `compute` ends.
 */
export class Device {
  readonly engine: string;
  readonly traits: Traits;
  readonly heap: WasmHeap | undefined;
  readonly #backend: KernelBackend;
  readonly #lookUp: (kernel: string) => KernelFunc | undefined;
  readonly #kernels: Map<string, KernelFunc> = new Map();
  readonly #made: TensorInfo[] = [];

  constructor(
    engine: string,
    backend: KernelBackend,
    traits: Traits,
    lookUp: (kernel: string) => KernelFunc | undefined,
    heap?: WasmHeap,
  ) {
    this.engine = engine;
    this.traits = traits;
    this.heap = heap;
    this.#backend = backend;
    this.#lookUp = lookUp;
  }

  /** Runs a TensorFlow.js kernel; the result lives until the end of the surrounding `compute`, unless returned from it. */
  run(kernel: string, inputs: Inputs, attrs: NamedAttrMap = {}): TensorInfo {
    const kernelFunc = this.#kernel(kernel);
    let out: TensorInfo | TensorInfo[];
    try {
      out = kernelFunc({ inputs: inputs as NamedTensorInfoMap, attrs, backend: this.#backend });
    } catch (cause) {
      throw new BackendError(
        kernel,
        `TensorFlow.js (${this.engine}) failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        "see the cause",
        { cause },
      );
    }
    return this.track(Array.isArray(out) ? out[0] : out);
  }

  /** Takes charge of a buffer that was made outside `run`. */
  track(info: TensorInfo): TensorInfo {
    this.#made.push(info);
    return info;
  }

  /** The same buffer seen under another shape. Holds no reference; may be returned from `compute`. */
  view(x: TensorInfo, shape: Shape): TensorInfo {
    return { dataId: x.dataId, shape: [...shape], dtype: x.dtype };
  }

  fill(shape: Shape, value: number, dtype: DType): TensorInfo {
    return this.run("Fill", {}, { shape: [...shape], value, dtype });
  }

  write(data: TypedArray, shape: Shape, dtype: DType): TensorInfo {
    const kept = (this.traits.copiesHostData ? data : data.slice()) as Exclude<TypedArray, Float64Array>;
    const dataId = this.#backend.write(kept, [...shape], dtype as TensorInfo["dtype"]);
    return this.track({ dataId, shape: [...shape], dtype: dtype as TensorInfo["dtype"] });
  }

  /** The elements for a quick look: may be the engine's own memory, to be neither changed nor kept. */
  peek(x: TensorInfo): TypedArray {
    if (this.heap) return this.heap.elements(x);
    return toHostArray(this.#backend.readSync(x.dataId), x.dtype, true);
  }

  readSync(x: TensorInfo): TypedArray {
    return toHostArray(this.#backend.readSync(x.dataId), x.dtype, this.traits.copiesHostData);
  }

  async read(x: TensorInfo): Promise<TypedArray> {
    return toHostArray(await this.#backend.read(x.dataId), x.dtype, this.traits.copiesHostData);
  }

  /** Gives one reference back to the engine. */
  release(x: TensorInfo): void {
    this.#backend.disposeData(x.dataId);
  }

  /** Returns what `body` returns, as a reference of its own, and releases everything else that `body` made. */
  compute(body: () => TensorInfo): TensorInfo {
    const start = this.#made.length;
    let result: TensorInfo | undefined;
    let owned = false;
    try {
      result = body();
      return result;
    } finally {
      for (const made of this.#made.splice(start)) {
        if (!owned && made.dataId === result?.dataId) owned = true;
        else this.release(made);
      }
      if (result && !owned) this.#backend.incRef(result.dataId);
    }
  }

  #kernel(name: string): KernelFunc {
    let kernel = this.#kernels.get(name);
    if (!kernel) {
      kernel = this.#lookUp(name);
      if (!kernel) {
        throw new BackendError(
          name,
          `TensorFlow.js has no such kernel for ${this.engine}`,
          "import the engine's package whole, not a custom build of it",
        );
      }
      this.#kernels.set(name, kernel);
    }
    return kernel;
  }
}
