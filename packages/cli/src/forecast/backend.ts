import { type Backend, UnrolledError } from "@unrolled/backend";
import { cpu, cpuReady } from "@unrolled/backend-cpu";
import { systemCode, UserError } from "../user-error.js";

/** What --backend takes: Unrolled's own, or an engine of TensorFlow.js. */
export const backendNames = ["cpu", "tfjs:cpu", "tfjs:wasm", "tfjs:tensorflow"] as const;
export type BackendName = (typeof backendNames)[number];

const packages: Readonly<Record<Exclude<BackendName, "cpu">, string>> = {
  "tfjs:cpu": "@tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0",
  "tfjs:wasm": "@tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0",
  "tfjs:tensorflow": "@tensorflow/tfjs-node@4.22.0",
};

/** TensorFlow.js comes only with those who install it. `warn` hears why there are fewer threads than `threads`. */
export async function openBackend(name: BackendName, threads: number, warn: (text: string) => void): Promise<Backend> {
  if (name === "cpu") {
    const backend = cpu({ threads });
    const { reason } = await cpuReady(backend);
    if (threads > 1 && reason !== null) warn(`--threads ${threads}: one thread does it all, as ${reason}`);
    return backend;
  }
  const { tfjs } = await adapter(name);
  try {
    return await tfjs(name.slice("tfjs:".length) as "cpu" | "wasm" | "tensorflow");
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    throw new UserError(`--backend ${name}: ${error.message}`, { cause: error });
  }
}

async function adapter(name: Exclude<BackendName, "cpu">): Promise<typeof import("@unrolled/backend-tfjs")> {
  try {
    return await import("@unrolled/backend-tfjs");
  } catch (error) {
    if (systemCode(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    const install = `npm install @unrolled/backend-tfjs ${packages[name]}`;
    throw new UserError(`--backend ${name} needs a package that is not installed: ${install}`, { cause: error });
  }
}
