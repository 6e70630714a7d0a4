import binary from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import { notLoaded, orSay } from "./engine.js";

/** TensorFlow.js waits for ever for a file that does not come; so it is fetched beforehand, and then comes from the cache. */
export async function requireBinary(): Promise<void> {
  const words = notLoaded("TensorFlow.js");
  await orSay(words, async () => {
    const response = await fetch(binary);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    await response.arrayBuffer();
  });
}
