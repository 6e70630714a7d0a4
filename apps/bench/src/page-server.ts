import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** Serves the page, cross-origin isolated, until the process is ended. */
export async function servePage(): Promise<void> {
  const server = await createServer({
    root,
    configFile: false,
    appType: "mpa",
    // ONNX Runtime and the wasm engine find their files beside their own modules, which pre-bundling would move.
    optimizeDeps: {
      entries: ["dist/page/*.js", "dist/peers/browser.js", "peers/jax.js", "peers/brain.js"],
      exclude: ["onnxruntime-web"],
      include: [
        "@tensorflow/tfjs",
        "@tensorflow/tfjs-core",
        "@tensorflow/tfjs-backend-cpu",
        "@tensorflow/tfjs-backend-wasm",
        "@tensorflow/tfjs-backend-webgl",
        "@unrolled/onnx > @bufbuild/protobuf",
        "@unrolled/onnx > onnx-buf",
      ],
    },
    worker: { format: "es" },
    server: {
      hmr: false, // a page that reloads would lose its results
      watch: null,
      fs: { allow: [repository] },
      // Without these two there is no SharedArrayBuffer, hence no WebAssembly threads.
      headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    },
  });
  await server.listen();
  server.printUrls();
}
