/** A folder, or the address of each file that the wasm engine may load. */
export type WasmPaths =
  | string
  | {
      readonly "tfjs-backend-wasm.wasm": string;
      readonly "tfjs-backend-wasm-simd.wasm": string;
      readonly "tfjs-backend-wasm-threaded-simd.wasm": string;
    };

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
