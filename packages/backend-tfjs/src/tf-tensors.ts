import type { KernelBackend, TensorInfo, Tensor as TfTensor } from "@tensorflow/tfjs-core";
import { ArgumentError, BackendError } from "@unrolled/backend";

type Core = typeof import("@tensorflow/tfjs-core");
type EngineState = ReturnType<Core["engine"]>;

interface Registry {
  readonly state: { readonly tensorInfo: WeakMap<object, { readonly backend: KernelBackend }> };
  makeTensorFromTensorInfo(info: TensorInfo, backend: KernelBackend): TfTensor;
  removeDataId(dataId: object, backend: KernelBackend): void;
}

/** A value as a message names it. */
export function described(value: unknown): string {
  if (value === null || typeof value !== "object") return typeof value === "function" ? "a function" : String(value);
  return Array.isArray(value) ? "an array" : `an object of class ${value.constructor?.name ?? "none"}`;
}

/** Refuses what is no tensor of TensorFlow.js. */
export function requireTensor(value: unknown): void {
  const { dataId, shape, dtype } = (value ?? {}) as Partial<TensorInfo>;
  if (typeof dataId === "object" && dataId !== null && Array.isArray(shape) && typeof dtype === "string") return;
  const remedy = "give a tf.Tensor, such as tf.tensor([1, 2]); toTf goes the other way";
  throw new ArgumentError("fromTf", `got ${described(value)}, not a tf.Tensor`, remedy);
}

/** The user's tensors on one engine, whose elements buffers may share. */
export class TfTensors {
  readonly #registry: Registry;
  readonly #backend: KernelBackend;
  readonly #engine: string;

  constructor(state: EngineState, backend: KernelBackend, engine: string) {
    this.#registry = state as unknown as Registry;
    this.#backend = backend;
    this.#engine = engine;
  }

  /** Raises unless the tensor lives on this engine. */
  requireShared({ dataId }: TensorInfo, name: string): void {
    const backend = this.#registry.state.tensorInfo.get(dataId)?.backend;
    if (backend === undefined) {
      throw new BackendError(
        "fromTf",
        "the tensor was disposed of, or is none of tf's own",
        "tf.keep it, or share it inside its tidy",
      );
    }
    if (backend === this.#backend) return;
    throw new BackendError(
      "fromTf",
      `the tensor is on another engine than ${name}`,
      `make it after tf.setBackend("${this.#engine}"), or upload its data`,
    );
  }

  /** A tensor of the user's over the same elements. */
  share(info: TensorInfo, retain: () => void): TfTensor {
    const { dataId, shape, dtype } = info;
    retain();
    return this.#registry.makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype }, this.#backend);
  }

  /** Takes elements off the user's count, where they were on it, now that they are gone. */
  forget({ dataId }: TensorInfo): void {
    this.#registry.removeDataId(dataId, this.#backend);
  }
}
