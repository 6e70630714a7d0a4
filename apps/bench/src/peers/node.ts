import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type Family, Unavailable } from "../run.js";
import type { Peer } from "./peer.js";
import type { Tf } from "./tfjs-layers.js";

// Each peer loads its own library only, so that none weighs on another's process.
// TensorFlow.js is CommonJS in Node; required, all its parts are one copy.
const require = createRequire(import.meta.url);
const folder = new URL("../../peers/", import.meta.url);

async function eagerCpu(): Promise<Family> {
  const [{ eager }, { cpu }] = await Promise.all([import("../ours/eager.js"), import("unrolled")]);
  return eager(cpu());
}

async function eagerTfjs(engine: "cpu" | "wasm"): Promise<Family> {
  const [{ eager }, { tfjs }] = await Promise.all([import("../ours/eager.js"), import("@unrolled/backend-tfjs")]);
  return eager(await tfjs(engine));
}

async function compiledOnnx(threads: number): Promise<Family> {
  const [{ compiled }, { inSession }, { onnxRuntime }] = await Promise.all([
    import("../ours/compiled.js"),
    import("../ours/in-session.js"),
    import("@unrolled/backend-onnx"),
  ]);
  return { ...compiled(await onnxRuntime({ threads })), inference: (work) => inSession(work, threads) };
}

async function rawOnnx(threads: number): Promise<Family> {
  return (await import("./ort.js")).ortFamily(threads);
}

async function plain(): Promise<Family> {
  return (await import("./plain.js")).plain;
}

async function tfjsOn(engine: "cpu" | "wasm"): Promise<Family> {
  const { tfjsFamily } = await import("./tfjs.js");
  const tf = require("@tensorflow/tfjs") as Tf;
  require(`@tensorflow/tfjs-backend-${engine}`);
  await tf.setBackend(engine);
  await tf.ready();
  if (tf.getBackend() !== engine) throw new Unavailable(`the engine is ${tf.getBackend()}`);
  return tfjsFamily(tf);
}

/** A peer whose library is installed into a folder of its own. */
async function installed(file: string): Promise<Family> {
  if (!existsSync(fileURLToPath(new URL("node_modules", folder))))
    throw new Unavailable("its library is not installed");
  const module = (await import(new URL(file, folder).href)) as { open: () => Promise<Family> };
  return module.open();
}

const inBrowserOnly = async (): Promise<Family> => {
  throw new Unavailable("it runs in browsers only");
};

export const peers: readonly Peer[] = [
  { name: "cpu", about: "Unrolled, eager", threads: 1, open: eagerCpu },
  { name: "onnx", about: "Unrolled, compiled for ONNX Runtime", threads: 1, open: () => compiledOnnx(1) },
  { name: "onnx-2t", about: "the same on two threads", threads: 2, open: () => compiledOnnx(2) },
  {
    name: "unrolled-tfjs-cpu",
    about: "Unrolled on TensorFlow.js' cpu engine",
    threads: 1,
    open: () => eagerTfjs("cpu"),
  },
  {
    name: "unrolled-tfjs-wasm",
    about: "Unrolled on TensorFlow.js' wasm engine",
    threads: 1,
    open: () => eagerTfjs("wasm"),
  },
  { name: "pytorch", about: "PyTorch, eager", threads: 1, python: "eager" },
  { name: "pytorch-2t", about: "the same on two threads", threads: 2, python: "eager" },
  { name: "pytorch-compile", about: "PyTorch, the whole update under torch.compile", threads: 1, python: "compile" },
  { name: "plain", about: "hand-written JavaScript, no library", threads: 1, open: plain },
  { name: "jax", about: "jax-js, jit, wasm device", threads: 1, open: () => installed("jax.js") },
  { name: "js-pytorch", about: "js-pytorch", threads: 1, open: () => installed("js-pytorch.js") },
  { name: "brain", about: "brain.js", threads: 1, open: () => installed("brain.js") },
  { name: "tfjs-cpu", about: "TensorFlow.js, cpu engine", threads: 1, open: () => tfjsOn("cpu") },
  { name: "tfjs-wasm", about: "TensorFlow.js, wasm engine", threads: 1, open: () => tfjsOn("wasm") },
  { name: "tfjs-webgl", about: "TensorFlow.js, webgl engine", threads: 1, open: inBrowserOnly },
  { name: "ort", about: "ONNX Runtime alone, by its own interface", threads: 1, open: () => rawOnnx(1) },
  { name: "ort-2t", about: "the same on two threads", threads: 2, open: () => rawOnnx(2) },
];
