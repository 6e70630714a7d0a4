import type { KernelBackend, KernelFunc } from "@tensorflow/tfjs-core";
import { ArgumentError, BackendError, requireKnownOptions } from "@unrolled/backend";
import { type Connection, type SyncTfjsBackend, TfjsBackend } from "./backend.js";
import { Device } from "./device.js";
import { engines, importPeer, requireEngine, type TfjsEngine } from "./engines.js";
import { fusedFor } from "./fused/index.js";
import { isContextLost } from "./gpu/context-loss.js";
import { TfTensors } from "./tf-tensors.js";
import { updatesFor } from "./updates/index.js";
import { WasmHeap } from "./wasm-heap.js";
import { binaryPaths, requireWasmPaths, type WasmPaths } from "./wasm-paths.js";

type Core = typeof import("@tensorflow/tfjs-core");

/** Options of `tfjs`. */
export interface TfjsOptions {
  /**
   * Engine "wasm" in a browser only: the folder of the .wasm files, or the address of each, for a bundler or server that does
   * not follow `new URL("...", import.meta.url)`. Default: beside the installed package.
   */
  readonly wasmPaths?: WasmPaths;
}

const namesInUse: Set<string> = new Set();

/**
 * A TensorFlow.js backend over an engine, named `tfjs-cpu`, `tfjs-wasm` and so on, with a number behind while another one is
 * in use. Backends of one engine share it, not their buffers: open one and keep it.
 *
 * Needs `@tensorflow/tfjs-core` and the engine's package. Runs the engine's kernels directly: the active backend, tidy scopes
 * and `tf.memory()` of your own TensorFlow.js code stay as they are.
 *
 * @param engine "cpu" (plain JavaScript) or "wasm" (WebAssembly with SIMD); in browsers also "webgl" and "webgpu" (the
 * latter's tensors can be read by `await x.data()` only); in Node also "tensorflow", where tfjs-node is installed
 * @throws BackendError for a package that is not installed, or an engine that does not start; ArgumentError for an unknown
 * engine or option, or wasmPaths that are neither a folder nor all addresses
 * @example
 * const backend = await tfjs("wasm");
 */
export function tfjs(engine: Exclude<TfjsEngine, "webgpu">, options?: TfjsOptions): Promise<SyncTfjsBackend>;
export function tfjs(engine: TfjsEngine, options?: TfjsOptions): Promise<TfjsBackend>;
export async function tfjs(engine: TfjsEngine, options: TfjsOptions = {}): Promise<TfjsBackend> {
  requireEngine(engine);
  requireKnownOptions("tfjs", options, ["wasmPaths"]);
  const { wasmPaths } = options;
  if (wasmPaths !== undefined) requireWasmPaths(wasmPaths);
  if (wasmPaths !== undefined && engine !== "wasm") {
    throw new ArgumentError("tfjs", `wasmPaths given for engine "${engine}"`, 'leave it out, or use "wasm"');
  }
  requirePlace(engine);
  const row = engines[engine];
  const loadCore = engine === "tensorflow" ? (row.load as () => Promise<Core>) : () => import("@tensorflow/tfjs-core");
  const core = await importPeer("@tensorflow/tfjs-core", loadCore);
  const module = engine === "tensorflow" ? core : await importPeer(row.package, row.load);
  const { backend, fresh } = await instance(core, engine, () => {
    if (engine === "wasm") setBinaryPaths(core, module as WasmModule, wasmPaths);
  });
  if (!fresh && wasmPaths !== undefined) {
    throw new BackendError("tfjs", "the wasm engine runs already", "give wasmPaths at the first call only");
  }
  const lookUp = (kernel: string): KernelFunc | undefined => core.getKernel(kernel, engine)?.kernelFunc;
  const heap = engine === "wasm" ? new WasmHeap(backend) : undefined;
  const name = freeName(`tfjs-${engine}`);
  namesInUse.add(name);
  const connection =
    engine === "tensorflow"
      ? (await import("./tensorflow/connect.js")).connectTensorFlow(backend)
      : connect(new Device(engine, backend, row.traits, lookUp, heap));
  return new TfjsBackend(name, connection.device, {
    ...connection,
    tensors: new TfTensors(core.engine(), backend, engine),
    onDispose: () => namesInUse.delete(name),
  });
}

function requirePlace(engine: TfjsEngine): void {
  const { document, OffscreenCanvas, navigator } = globalThis as Readonly<Record<string, unknown>>;
  const missing =
    (engine === "webgl" && document === undefined && OffscreenCanvas === undefined) ||
    (engine === "webgpu" && (typeof navigator !== "object" || navigator === null || !("gpu" in navigator)));
  if (!missing) return;
  const place = engine === "webgl" ? "a browser" : "a browser that has WebGPU";
  throw new BackendError("tfjs", `engine "${engine}" needs ${place}`, 'use "wasm" or "cpu" here');
}

function connect(device: Device): { readonly device: Device } & Pick<Connection, "fused" | "updates"> {
  return { device, fused: fusedFor(device), updates: updatesFor(device) };
}

function freeName(base: string): string {
  let name = base;
  for (let i = 2; namesInUse.has(name); i++) name = `${base}-${i}`;
  return name;
}

/**
 * The engine's instance: the user's, if there is one whose WebGL context is not lost, else a new one, which the registry then holds for the user too, because
 * kernels with a set-up (wasm) work for one instance only. The active backend is not touched.
 */
async function instance(
  core: Core,
  engine: TfjsEngine,
  prepare: () => void,
): Promise<{ readonly backend: KernelBackend; readonly fresh: boolean }> {
  const state = core.engine();
  const { pendingBackendInit } = state as unknown as { pendingBackendInit?: Promise<boolean> | null };
  await pendingBackendInit;
  const present = (): KernelBackend | undefined => state.registry[engine];
  const lost = present();
  if (lost && isContextLost(lost)) {
    delete state.registry[engine];
    lost.dispose(); // compiled shaders, which a new context would be given
  }
  const before = present();
  if (before) return { backend: before, fresh: false };

  prepare();
  const factory = state.findBackendFactory(engine);
  if (!factory) throw new BackendError("tfjs", `engine "${engine}" is not registered`, "do not remove it from tf");
  let made: KernelBackend;
  try {
    made = engine === "wasm" ? await withoutThreads(core, factory) : await factory();
  } catch (cause) {
    throw new BackendError("tfjs", `engine "${engine}" did not start`, "see the cause", { cause });
  }
  const meanwhile = present();
  if (meanwhile) {
    made.dispose();
    return { backend: meanwhile, fresh: false };
  }
  state.registry[engine] = made;
  for (const kernel of core.getKernelsForBackend(engine)) kernel.setupFunc?.(made);
  if (engine === "cpu") (made as unknown as { firstUse: boolean }).firstUse = false; // no advice to install tfjs-node
  return { backend: made, fresh: true };
}

const THREADS = "WASM_HAS_MULTITHREAD_SUPPORT";

/**
 * TensorFlow.js makes its workers of the text of one of its functions, which minifying breaks, and then waits for them for
 * ever. Node has no threads in any case.
 */
async function withoutThreads<R>(core: Core, make: () => R | Promise<R>): Promise<R> {
  const environment = core.env();
  const before = await environment.getAsync(THREADS);
  environment.set(THREADS, false);
  try {
    return await make();
  } finally {
    environment.set(THREADS, before);
  }
}

interface WasmModule {
  setWasmPaths(paths: string | { readonly [file: string]: string }): void;
}

function setBinaryPaths(core: Core, module: WasmModule, paths: WasmPaths | undefined): void {
  if (paths !== undefined) module.setWasmPaths(paths);
  else if (!core.env().getBool("IS_NODE")) module.setWasmPaths(binaryPaths());
}
