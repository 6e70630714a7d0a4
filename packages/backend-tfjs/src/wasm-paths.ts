import { ArgumentError } from "@unrolled/backend";

/** A folder, or the address of each file that the wasm engine may load. */
export type WasmPaths =
  | string
  | {
      readonly "tfjs-backend-wasm.wasm": string;
      readonly "tfjs-backend-wasm-simd.wasm": string;
      readonly "tfjs-backend-wasm-threaded-simd.wasm": string;
    };

const files: readonly string[] = [
  "tfjs-backend-wasm.wasm",
  "tfjs-backend-wasm-simd.wasm",
  "tfjs-backend-wasm-threaded-simd.wasm",
];

/** Refuses what is neither a folder nor the address of each file. */
export function requireWasmPaths(paths: unknown): void {
  const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
  if (isText(paths)) return;
  const remedy = `give the folder, such as "/wasm/", or an address for each of ${files.join(", ")}`;
  if (typeof paths !== "object" || paths === null || Array.isArray(paths)) {
    const got = Array.isArray(paths) ? "an array" : JSON.stringify(paths);
    throw new ArgumentError("tfjs", `wasmPaths is ${got}`, remedy);
  }
  const addresses = paths as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(addresses).filter((name) => !files.includes(name));
  if (unknown.length > 0) throw new ArgumentError("tfjs", `wasmPaths names ${unknown.join(", ")}`, remedy);
  const missing = files.filter((name) => !isText(addresses[name]));
  if (missing.length > 0) throw new ArgumentError("tfjs", `wasmPaths has no address of ${missing.join(", ")}`, remedy);
}

/** Where Vite's dev server keeps its prepared copy of this module, without the binaries. */
const viteCopies = "/node_modules/.vite/deps/";

/** Where a bundler puts the files. Each address is spelled out, as bundlers look for just this form. */
export function binaryPaths(): WasmPaths {
  const here: string = import.meta.url;
  if (here.includes(viteCopies)) return new URL("../../@tensorflow/tfjs-backend-wasm/dist/", here).href;
  return {
    "tfjs-backend-wasm.wasm": new URL("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm", import.meta.url)
      .href,
    "tfjs-backend-wasm-simd.wasm": new URL(
      "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
      import.meta.url,
    ).href,
    "tfjs-backend-wasm-threaded-simd.wasm": new URL(
      "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm",
      import.meta.url,
    ).href,
  };
}
