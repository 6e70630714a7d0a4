import { tfjs } from "@unrolled/backend-tfjs";
import { type Backend, cpu } from "unrolled";

const backends = {
  cpu: async (): Promise<Backend> => cpu(),
  "tfjs-cpu": (): Promise<Backend> => tfjs("cpu"),
  "tfjs-wasm": (): Promise<Backend> => tfjs("wasm"),
};

export type BackendName = keyof typeof backends;

export const backendNames: readonly string[] = Object.keys(backends);

export function isBackendName(name: string): name is BackendName {
  return backendNames.includes(name);
}

export function openBackend(name: BackendName): Promise<Backend> {
  return backends[name]();
}
