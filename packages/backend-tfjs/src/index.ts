export type { SyncTfjsBackend, TfjsBackend, TfjsBuffer } from "./backend.js";
export type { TfjsEngine } from "./engines.js";
export { type TfjsOptions, tfjs } from "./tfjs.js";
export type { WasmPaths } from "./wasm-paths.js";
