import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Family, Unavailable } from "../run.js";
import { compiledCpu, compiledOnnx, eagerCpu, eagerTfjs, plain } from "./ours.js";
import type { Peer } from "./peer.js";
import type { Tf } from "./tfjs-layers.js";

// Each peer loads its own library only, so that none weighs on another's process.
// TensorFlow.js is CommonJS in Node; required, all its parts are one copy.
const require = createRequire(import.meta.url);
const folder = new URL("../../peers/", import.meta.url);

async function rawOnnx(threads: number): Promise<Family> {
  return (await import("./ort.js")).ortFamily(threads);
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

async function tfjsNode(): Promise<Family> {
  const named = process.env.UNROLLED_TFJS_NODE;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const manifest = join(named ? resolve(named) : join(cache, "unrolled", "tfjs-node"), "package.json");
  if (!existsSync(manifest)) throw new Unavailable("npm run setup:tfjs-node sets it up");
  const { tfjsFamily } = await import("./tfjs.js");
  return tfjsFamily(createRequire(manifest)("@tensorflow/tfjs-node") as Tf);
}

/** A peer whose library is installed into a folder of its own. */
async function installed(file: string): Promise<Family> {
  const { open } = await import(new URL(file, folder).href).then(
    (module) => module as { open: () => Promise<Family> },
    (error: unknown) => {
      const isAbsent = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
      throw isAbsent ? new Unavailable("its library is not installed") : error;
    },
  );
  return open();
}

const inBrowserOnly = async (): Promise<Family> => {
  throw new Unavailable("it runs in browsers only: npm run bench -- --page");
};

export const peers: readonly Peer[] = [
  { name: "cpu", about: "Unrolled, eager", threads: 1, open: () => eagerCpu(1) },
  { name: "cpu-2t", about: "the same on two threads", threads: 2, open: () => eagerCpu(2) },
  { name: "cpu-compiled", about: "Unrolled, compiled for the CPU", threads: 1, open: compiledCpu },
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
  {
    name: "unrolled-tfjs-node",
    about: "Unrolled on TensorFlow in Node, all cores",
    threads: 2,
    open: () => eagerTfjs("tensorflow"),
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
  { name: "tfjs-node", about: "TensorFlow in Node, all cores", threads: 2, open: tfjsNode },
  { name: "tfjs-webgl", about: "TensorFlow.js, webgl engine", threads: 1, open: inBrowserOnly },
  { name: "unrolled-tfjs-webgl", about: "Unrolled on TensorFlow.js' webgl engine", threads: 1, open: inBrowserOnly },
  { name: "ort", about: "ONNX Runtime alone, by its own interface", threads: 1, open: () => rawOnnx(1) },
  { name: "ort-2t", about: "the same on two threads", threads: 2, open: () => rawOnnx(2) },
];
