import { ArgumentError, BackendError } from "@unrolled/backend";

/** What an engine does differently from the others, as far as the kernels must know. */
export interface Traits {
  /** `write` copies its argument and `read` returns a fresh array. */
  readonly copiesHostData: boolean;
  /** Maximum and Minimum return `a` where `b` is NaN. */
  readonly pairwiseMaxLosesNaN: boolean;
  /** Pow is NaN for 1 to NaN or Infinity, as in JavaScript. */
  readonly powerOfOneIsNaN: boolean;
  /** Sum adds one element after another in float32. */
  readonly sumsInSequence: boolean;
  /** BatchMatMul with a transposed operand is many times slower than transposing it first. */
  readonly slowTransposedMatmul: boolean;
  /** Elements lie on a device: reading them back stops the pipeline, so that indices are not looked at. */
  readonly onDevice: boolean;
  /** `readSync` works. */
  readonly readsSync: boolean;
}

/** The name of an engine of TensorFlow.js. */
export type TfjsEngine = "cpu" | "wasm" | "webgl" | "webgpu" | "tensorflow";

interface EngineRow {
  readonly package: string;
  readonly load: () => Promise<object>;
  readonly traits: Traits;
}

/** The engines that this adapter knows. */
export const engines: { readonly [E in TfjsEngine]: EngineRow } = {
  cpu: {
    package: "@tensorflow/tfjs-backend-cpu",
    load: () => import("@tensorflow/tfjs-backend-cpu"),
    traits: {
      copiesHostData: false,
      pairwiseMaxLosesNaN: false,
      powerOfOneIsNaN: true,
      sumsInSequence: false,
      slowTransposedMatmul: false,
      onDevice: false,
      readsSync: true,
    },
  },
  wasm: {
    package: "@tensorflow/tfjs-backend-wasm",
    load: () => import("@tensorflow/tfjs-backend-wasm"),
    traits: {
      copiesHostData: true,
      pairwiseMaxLosesNaN: true,
      powerOfOneIsNaN: false,
      sumsInSequence: true,
      slowTransposedMatmul: true,
      onDevice: false,
      readsSync: true,
    },
  },
  webgl: {
    package: "@tensorflow/tfjs-backend-webgl",
    load: () => import("@tensorflow/tfjs-backend-webgl"),
    traits: {
      copiesHostData: false,
      pairwiseMaxLosesNaN: false,
      powerOfOneIsNaN: false,
      sumsInSequence: false,
      slowTransposedMatmul: false,
      onDevice: true,
      readsSync: true,
    },
  },
  webgpu: {
    package: "@tensorflow/tfjs-backend-webgpu",
    load: () => import("@tensorflow/tfjs-backend-webgpu"),
    traits: {
      copiesHostData: false,
      pairwiseMaxLosesNaN: false,
      powerOfOneIsNaN: false,
      sumsInSequence: false,
      slowTransposedMatmul: false,
      onDevice: true,
      readsSync: false,
    },
  },
  tensorflow: {
    package: "@tensorflow/tfjs-node",
    load: () => import("./tensorflow/load.js").then(({ loadTensorFlow }) => loadTensorFlow()),
    traits: {
      copiesHostData: false,
      pairwiseMaxLosesNaN: false,
      powerOfOneIsNaN: false,
      sumsInSequence: false,
      slowTransposedMatmul: false,
      onDevice: false,
      readsSync: true,
    },
  },
};

/** Refuses an unknown engine name. */
export function requireEngine(name: string): asserts name is TfjsEngine {
  if (!Object.hasOwn(engines, name)) {
    throw new ArgumentError(
      "tfjs",
      `unknown engine ${JSON.stringify(name)}`,
      `use one of ${Object.keys(engines)
        .map((known) => `"${known}"`)
        .join(", ")}`,
    );
  }
}

/** Runs an import and, if it fails, says which package to install. */
export async function importPeer<M>(name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof BackendError) throw cause;
    throw new BackendError("tfjs", `cannot load ${name}`, `install it: npm install ${name}@4.22.0`, { cause });
  }
}
