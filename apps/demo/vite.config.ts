import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// Without these two there is no SharedArrayBuffer, hence no WebAssembly threads.
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** The library but for what traces and compiles, which some engines and exports load. */
const alwaysNeeded =
  /packages.(backend|backend-cpu|core|nn|cells|optim).dist.(?!compiled.(?!space|runner-on)|compile|scan.trace|graph.(?!host-input|tracing-mark)|run-inputs)/;

export default defineConfig({
  base: "./", // the built page may lie in any folder of a server
  plugins: [vue({ features: { optionsAPI: false } })],
  server: { headers },
  preview: { headers },
  worker: {
    format: "es",
    // What the worker always needs, in one piece: gzip takes pieces less well.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "library", test: alwaysNeeded }] } } },
  },
  optimizeDeps: { exclude: ["onnxruntime-web"] }, // it finds its wasm files beside its own module
  build: { target: "es2022", chunkSizeWarningLimit: 2000, modulePreload: { polyfill: false } },
});
