import { type TfjsEngine, tfjs } from "@unrolled/backend-tfjs";
import { type Backend, cpu } from "unrolled";

const engines = ["cpu", "wasm", "webgl", "webgpu", "tensorflow"] as const satisfies readonly TfjsEngine[];

export type BackendName = "cpu" | `tfjs:${(typeof engines)[number]}`;

/** `tfjs:` and an engine of TensorFlow.js, or Unrolled's own `cpu`. */
export const backendNames: readonly string[] = ["cpu", ...engines.map((engine) => `tfjs:${engine}`)];

export function isBackendName(name: string): name is BackendName {
  return backendNames.includes(name);
}

/** @throws BackendError that names what to install, or where an engine runs */
export async function openBackend(name: BackendName): Promise<Backend> {
  return name === "cpu" ? cpu() : tfjs(name.slice("tfjs:".length) as TfjsEngine);
}
