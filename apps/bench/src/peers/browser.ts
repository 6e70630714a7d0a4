import type { Family } from "../run.js";
import { compiledCpu, compiledOnnx, eagerCpu, eagerTfjs, plain } from "./ours.js";
import type { Peer } from "./peer.js";

const wasmPaths = "/node_modules/@tensorflow/tfjs-backend-wasm/dist/";

async function tfjsOn(engine: "cpu" | "wasm" | "webgl"): Promise<Family> {
  const [tf, { tfjsFamily }] = await Promise.all([import("@tensorflow/tfjs"), import("./tfjs.js")]);
  if (engine === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(wasmPaths);
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // one thread, as in Node
  }
  await tf.setBackend(engine);
  await tf.ready();
  return tfjsFamily(tf);
}

/** js-pytorch is not among them: its package needs Node's own modules. A library of `peers/`, which the server finds. */
async function installed(file: string): Promise<Family> {
  const module = (await import(/* @vite-ignore */ `/peers/${file}`)) as { open: () => Promise<Family> };
  return module.open();
}

export const peers: readonly Peer[] = [
  { name: "cpu", about: "Unrolled, eager", threads: 1, open: () => eagerCpu(1) },
  { name: "cpu-2t", about: "the same on two threads", threads: 2, open: () => eagerCpu(2) },
  { name: "cpu-compiled", about: "Unrolled, compiled for the CPU", threads: 1, open: compiledCpu },
  { name: "onnx", about: "Unrolled, compiled for ONNX Runtime", threads: 1, open: () => compiledOnnx(1) },
  { name: "onnx-2t", about: "the same on two threads", threads: 2, open: () => compiledOnnx(2) },
  {
    name: "unrolled-tfjs-wasm",
    about: "Unrolled on TensorFlow.js' wasm engine",
    threads: 1,
    open: () => eagerTfjs("wasm", wasmPaths),
  },
  {
    name: "unrolled-tfjs-webgl",
    about: "Unrolled on TensorFlow.js' webgl engine",
    threads: 1,
    open: () => eagerTfjs("webgl"),
  },
  { name: "plain", about: "hand-written JavaScript, no library", threads: 1, open: plain },
  { name: "jax", about: "jax-js, jit, wasm device", threads: 1, open: () => installed("jax.js") },
  { name: "brain", about: "brain.js", threads: 1, open: () => installed("brain.js") },
  { name: "tfjs-cpu", about: "TensorFlow.js, cpu engine", threads: 1, open: () => tfjsOn("cpu") },
  { name: "tfjs-wasm", about: "TensorFlow.js, wasm engine", threads: 1, open: () => tfjsOn("wasm") },
  { name: "tfjs-webgl", about: "TensorFlow.js, webgl engine", threads: 1, open: () => tfjsOn("webgl") },
];
