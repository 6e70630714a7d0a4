import type { KernelBackend } from "@tensorflow/tfjs-core";
import { BackendError } from "@unrolled/backend";

/** The parts of the WebGL engine that tell of its context. */
interface WebglEngine {
  readonly gpgpu?: {
    readonly gl: {
      readonly canvas: Pick<EventTarget, "addEventListener">;
      isContextLost(): boolean;
    };
  };
}

const glOf = (backend: KernelBackend) => (backend as unknown as WebglEngine).gpgpu?.gl;

/** Whether the browser has taken the engine's WebGL context away, after which nothing on it can be read. */
export const isContextLost = (backend: KernelBackend): boolean => glOf(backend)?.isContextLost() ?? false;

const contextLost = (op: string): BackendError =>
  new BackendError(
    op,
    "the browser has taken the WebGL context away, with all that was on it",
    'get a new backend from tfjs("webgl")',
  );

/** Makes reads end with an error when the context is lost, where TensorFlow.js would wait for ever. */
export class ContextLoss {
  readonly #backend: KernelBackend;
  readonly #waiting: Set<(error: BackendError) => void> = new Set();

  constructor(backend: KernelBackend) {
    this.#backend = backend;
    glOf(backend)?.canvas.addEventListener("webglcontextlost", () => {
      for (const reject of this.#waiting) reject(contextLost("read"));
      this.#waiting.clear();
    });
  }

  require(op: string): void {
    if (isContextLost(this.#backend)) throw contextLost(op);
  }

  async orLost<R>(wait: () => Promise<R>): Promise<R> {
    this.require("read");
    let reject: (error: BackendError) => void = () => undefined;
    try {
      return await new Promise<R>((resolve, fail) => {
        reject = fail;
        this.#waiting.add(reject);
        wait().then(resolve, fail);
      });
    } finally {
      this.#waiting.delete(reject);
    }
  }
}
