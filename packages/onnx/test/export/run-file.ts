import { type Tensor, tensor } from "@unrolled/core";
import * as ort from "onnxruntime-node";
import { session } from "../ort.js";

export type Tensors = Readonly<Record<string, Tensor>>;

/** An exported file in ONNX Runtime, on tensors. */
export class FileRun {
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  static async open(bytes: Uint8Array): Promise<FileRun> {
    return new FileRun(await session(bytes));
  }

  get inputs(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputs(): readonly string[] {
    return this.#session.outputNames;
  }

  async run(given: Tensors): Promise<Record<string, Tensor>> {
    const feeds = Object.entries(given).map(
      ([name, x]) => [name, new ort.Tensor(x.dtype, x.dataSync(), [...x.shape])] as const,
    );
    const results = await this.#session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [
        name,
        tensor(data as Float32Array | Float64Array | Int32Array, { shape: dims }),
      ]),
    );
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}
