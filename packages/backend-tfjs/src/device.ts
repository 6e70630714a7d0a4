import type { KernelBackend, KernelFunc, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs-core";
import { BackendError, type DType, type Shape, sizeOf, type TypedArray } from "@unrolled/backend";
import type { Traits } from "./engines.js";
import { ContextLoss } from "./gpu/context-loss.js";
import { Shade } from "./gpu/shade.js";
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
  /** Shaders of this package's own; GPU engines only. */
  readonly shade: Shade | undefined;
  readonly #backend: KernelBackend;
  readonly #loss: ContextLoss | undefined;
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
    this.shade = traits.onDevice ? new Shade(backend, engine === "webgpu") : undefined;
    this.#backend = backend;
    this.#loss = engine === "webgl" ? new ContextLoss(backend) : undefined;
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

  /** Elements can be read and written in place, by `floats`. */
  get hasHostMemory(): boolean {
    return this.heap !== undefined || this.engine === "cpu";
  }

  /** A float32 tensor with any elements, to be written to in place. */
  empty(shape: Shape): TensorInfo {
    const info = this.heap
      ? this.heap.empty(shape)
      : {
          dataId: this.#backend.write(new Float32Array(sizeOf(shape)), [...shape], "float32"),
          shape: [...shape],
          dtype: "float32" as const,
        };
    return this.track(info);
  }

  /** A float32 tensor that takes the array over. */
  writeOwn(data: Float32Array, shape: Shape): TensorInfo {
    const dataId = this.#backend.write(data, [...shape], "float32");
    return this.track({ dataId, shape: [...shape], dtype: "float32" });
  }

  /** The engine's own float32 elements. Only those of `empty` or of a fresh result may be written; any allocation may detach them. */
  floats(x: TensorInfo): Float32Array {
    return this.peek(x) as Float32Array;
  }

  /** The elements for a quick look: may be the engine's own memory, to be neither changed nor kept. */
  peek(x: TensorInfo): TypedArray {
    if (this.heap) return this.heap.elements(x);
    return toHostArray(this.#backend.readSync(x.dataId), x.dtype, true);
  }

  readSync(x: TensorInfo): TypedArray {
    const data = this.#backend.readSync(x.dataId);
    this.#loss?.require("read"); // what was read is not what was computed
    return toHostArray(data, x.dtype, this.traits.copiesHostData);
  }

  async read(x: TensorInfo): Promise<TypedArray> {
    return toHostArray(await this.#arrived(x.dataId), x.dtype, this.traits.copiesHostData);
  }

  async #arrived(dataId: TensorInfo["dataId"]): ReturnType<KernelBackend["read"]> {
    const wait = () => this.#backend.read(dataId);
    if (!this.#loss) return wait();
    const data = await this.#loss.orLost(wait);
    this.#loss.require("read");
    return data;
  }

  /** Gives one reference back to the engine. True where it was the last. */
  release(x: TensorInfo): boolean {
    return this.#backend.disposeData(x.dataId);
  }

  /** Resolves when the work queued so far is done. */
  async sync(): Promise<void> {
    if (!this.traits.onDevice) return;
    const mark = this.compute(() => {
      const one = this.write(Float32Array.of(1), [1], "float32");
      return this.run("Neg", { x: this.run("Tile", { x: one }, { reps: [256] }) });
    });
    try {
      await this.#arrived(mark.dataId);
    } finally {
      this.release(mark);
    }
  }

  /** One more reference to an engine buffer. */
  retain(x: TensorInfo): void {
    this.#backend.incRef(x.dataId);
  }

  /** Returns what `body` returns, as a reference of its own, and releases everything else that `body` made. */
  compute(body: () => TensorInfo): TensorInfo {
    return this.computeAll(() => [body()])[0];
  }

  /** As `compute`, for several results, each a reference of its own. */
  computeAll<R extends readonly (TensorInfo | null)[]>(body: () => R): R {
    const start = this.#made.length;
    let results: readonly (TensorInfo | null)[] = [];
    try {
      const found = body();
      results = found;
      return found;
    } finally {
      const unowned = results.filter((result) => result !== null);
      for (const made of this.#made.splice(start)) {
        const at = unowned.findIndex((result) => result.dataId === made.dataId);
        if (at < 0) this.release(made);
        else unowned.splice(at, 1);
      }
      for (const result of unowned) this.retain(result);
    }
  }

  /** Leaves a result to whoever asked for it, for a view of it to be tracked instead. */
  untrack(x: TensorInfo): void {
    const at = this.#made.lastIndexOf(x);
    if (at >= 0) this.#made.splice(at, 1);
  }

  /** Releases early what `compute` would release at its end: for loops that make much. */
  drop(x: TensorInfo): void {
    const at = this.#made.lastIndexOf(x);
    if (at < 0) return;
    this.#made.splice(at, 1);
    this.release(x);
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
