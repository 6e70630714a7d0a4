import { BackendError, type TypedArray } from "@unrolled/backend";
import type { Tensor } from "../tensor.js";

/** A tensor whose elements can be elsewhere, in a compiled step, while its own buffer waits. */
export class Lent {
  readonly name: string;
  readonly tensor: Tensor;
  #version: number;
  #buffer: object | null;

  constructor(name: string, tensor: Tensor) {
    this.name = name;
    this.tensor = tensor;
    this.#version = tensor.version;
    this.#buffer = tensor.buffer;
  }

  /** Whether anyone changed it since it was brought home or first seen. */
  get changed(): boolean {
    return this.tensor.version !== this.#version || this.tensor.buffer !== this.#buffer;
  }

  /** From here on reading it raises, until `bringHome`. The tensor keeps the step alive by `sync`, as the step has its elements. */
  sendAway(sync: () => Promise<void>): void {
    this.tensor.sendAway({
      reason: "its elements are in a compiled step",
      remedy: "bring them back first: await step.sync(), or await syncState(model) where the step is out of reach",
      sync,
    });
  }

  bringHome(data: TypedArray): void {
    const { tensor } = this;
    tensor.bringHome(tensor.backend.upload(data, tensor.shape, tensor.dtype));
    this.settle();
  }

  /** Takes what the tensor holds now as known. */
  settle(): void {
    this.#version = this.tensor.version;
    this.#buffer = this.tensor.buffer;
  }
}

export function refuseDisposed(disposed: boolean, call: string): void {
  if (disposed) throw new BackendError(call, "the compiled step was disposed of", "compile it again");
}
