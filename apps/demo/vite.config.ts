import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// Without these two there is no SharedArrayBuffer, hence no WebAssembly threads.
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default defineConfig({
  base: "./", // the built page may lie in any folder of a server
  plugins: [vue({ features: { optionsAPI: false } })],
  server: { headers },
  preview: { headers },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["onnxruntime-web"] }, // it finds its wasm files beside its own module
  build: { target: "es2022", chunkSizeWarningLimit: 2000, modulePreload: { polyfill: false } },
});
