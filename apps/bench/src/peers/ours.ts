import { type Family, Unavailable } from "../run.js";

// Each loads what it needs only, so that none weighs on another's process. The same in Node and in browsers.

export async function eagerCpu(threads: number): Promise<Family> {
  const [{ eager }, { cpu, cpuReady }] = await Promise.all([
    import("../ours/eager.js"),
    import("@unrolled/backend-cpu"),
  ]);
  const backend = cpu({ threads });
  const ready = await cpuReady(backend);
  if (ready.threads !== threads) throw new Unavailable(`it got ${ready.threads} threads: ${ready.reason}`);
  return eager(backend);
}

export async function compiledCpu(): Promise<Family> {
  const [{ compiledSync }, { cpuRunner }] = await Promise.all([
    import("../ours/compiled-sync.js"),
    import("@unrolled/backend-cpu"),
  ]);
  return compiledSync(cpuRunner());
}

export async function eagerTfjs(engine: "cpu" | "wasm" | "webgl" | "tensorflow", wasmPaths?: string): Promise<Family> {
  const [{ eager }, { tfjs }, { BackendError }] = await Promise.all([
    import("../ours/eager.js"),
    import("@unrolled/backend-tfjs"),
    import("unrolled"),
  ]);
  const isOptional = engine === "webgl" || engine === "tensorflow"; // the others are there wherever this runs
  try {
    return eager(await tfjs(engine, wasmPaths ? { wasmPaths } : {}));
  } catch (error) {
    throw isOptional && error instanceof BackendError ? new Unavailable(error.message) : error;
  }
}

export async function compiledOnnx(threads: number): Promise<Family> {
  const [{ compiled }, { inSession }, { onnxRuntime }] = await Promise.all([
    import("../ours/compiled.js"),
    import("../ours/in-session.js"),
    import("@unrolled/backend-onnx"),
  ]);
  return { ...compiled(await onnxRuntime({ threads })), inference: (work) => inSession(work, threads) };
}

export async function plain(): Promise<Family> {
  return (await import("./plain.js")).plain;
}
