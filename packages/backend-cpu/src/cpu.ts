import {
  type Backend,
  BackendError,
  type DType,
  DTypeError,
  dtypeOf,
  type FusedKernels,
  formatShape,
  type PrimitiveKernels,
  type Runner,
  type Shape,
  ShapeError,
  sizeOf,
  type TypedArray,
  type UpdateKernels,
} from "@unrolled/backend";
import { copyOf } from "./arrays.js";
import * as binary from "./binary.js";
import { runnerOn } from "./compiled/runner-on.js";
import { cast, converted, fill, iota } from "./creation.js";
import { type CpuFeatures, type EngineHost, singleHost, threadedHost } from "./engine-host.js";
import { fastBinary, fastPow } from "./fast/binary.js";
import { fastCrossEntropy } from "./fast/cross-entropy.js";
import type { EngineSource } from "./fast/engine-source.js";
import { fastGru } from "./fast/gru.js";
import { fastGather, fastScatterAdd } from "./fast/indexing.js";
import { fastLayerNorm } from "./fast/layer-norm.js";
import { fastLinear } from "./fast/linear.js";
import { fastLstm } from "./fast/lstm.js";
import { fastMatmul } from "./fast/matmul.js";
import { fastMax, fastSum } from "./fast/reductions.js";
import { fastRnn } from "./fast/rnn.js";
import { fastLogSoftmax, fastSoftmax } from "./fast/softmax.js";
import { fastUnary } from "./fast/unary.js";
import { fastAdamStep, fastSgdStep } from "./fast/updates.js";
import { broadcast, concat, flip, pad, reshape, slice, transpose } from "./movement.js";
import { type CpuOptions, checkedOptions } from "./options.js";
import { argmax, cumsum } from "./reductions.js";
import * as unary from "./unary.js";
import { where } from "./where.js";

function kernelsOn(engine: EngineSource): PrimitiveKernels<TypedArray> {
  return Object.freeze({
    neg: fastUnary(engine, "negMap", 400, unary.neg),
    abs: fastUnary(engine, "absMap", 400, unary.abs),
    sign: unary.sign,
    exp: fastUnary(engine, "expMap", 64, unary.exp),
    log: fastUnary(engine, "logMap", 64, unary.log),
    sqrt: fastUnary(engine, "sqrtMap", 128, unary.sqrt),
    sin: unary.sin,
    cos: unary.cos,
    tanh: fastUnary(engine, "tanhMap", 48, unary.tanh),
    sigmoid: fastUnary(engine, "sigmoidMap", 64, unary.sigmoid),
    relu: fastUnary(engine, "reluMap", 400, unary.relu),
    erf: fastUnary(engine, "erfMap", 64, unary.erf),
    add: fastBinary(engine, "addPairs", binary.add),
    sub: fastBinary(engine, "subPairs", binary.sub),
    mul: fastBinary(engine, "mulPairs", binary.mul),
    div: fastBinary(engine, "divPairs", binary.div),
    pow: fastPow(engine),
    maximum: fastBinary(engine, "maximumPairs", binary.maximum),
    minimum: fastBinary(engine, "minimumPairs", binary.minimum),
    equal: binary.equal,
    less: binary.less,
    where,
    sum: fastSum(engine),
    max: fastMax(engine),
    argmax,
    cumsum,
    matmul: fastMatmul(engine),
    reshape,
    transpose,
    broadcast,
    slice,
    concat,
    pad,
    flip,
    gather: fastGather(engine),
    scatterAdd: fastScatterAdd(engine),
    cast,
    fill,
    iota,
  });
}

function fusedOn(engine: EngineSource): FusedKernels<TypedArray> {
  return Object.freeze({
    linear: fastLinear(engine),
    softmax: fastSoftmax(engine),
    logSoftmax: fastLogSoftmax(engine),
    softmaxCrossEntropy: fastCrossEntropy(engine),
    layerNorm: fastLayerNorm(engine),
    rnnSequence: fastRnn(engine),
    lstmSequence: fastLstm(engine),
    gruSequence: fastGru(engine),
  });
}

function updatesOn(engine: EngineSource): UpdateKernels<TypedArray> {
  return Object.freeze({ sgdStep: fastSgdStep(engine), adamStep: fastAdamStep(engine) });
}

function upload(data: TypedArray, shape: Shape, dtype: DType): TypedArray {
  const size = sizeOf(shape);
  if (data.length !== size) {
    throw new ShapeError(
      "upload",
      `${data.length} elements do not fill ${formatShape(shape)}`,
      `give ${size} elements`,
    );
  }
  if (dtypeOf(data) !== dtype) {
    throw new DTypeError("upload", `a ${data.constructor.name} does not hold ${dtype}`, "convert the array first");
  }
  return dtype === "bool" ? converted(data, dtype) : copyOf(data);
}

const NOTHING_HELD: { readonly buffers: number; readonly bytes: number } = Object.freeze({ buffers: 0, bytes: 0 });

function nothingToDo(): void {
  // The garbage collector frees buffers.
}

async function nothingToAwait(): Promise<void> {
  // Every kernel is done when it returns.
}

const hosts = new WeakMap<object, EngineHost>();

/** A class, since V8 reads the fields of a frozen literal that has an accessor slowly, and every op reads some. */
class CpuBackend implements Backend<TypedArray> {
  readonly contract = "v1";
  readonly name: string;
  readonly capabilities: Backend["capabilities"] = Object.freeze({
    dtypes: new Set<DType>(["float32", "float64", "int32", "bool"]),
    readSync: true,
    hostMemory: true,
    deterministic: true,
    checksIndices: true,
  });
  readonly kernels: PrimitiveKernels<TypedArray>;
  readonly fused: FusedKernels<TypedArray>;
  readonly updates: UpdateKernels<TypedArray>;
  readonly upload: Backend<TypedArray>["upload"] = upload;
  readonly read: Backend<TypedArray>["read"] = async (buffer) => copyOf(buffer);
  readonly readSync: (buffer: TypedArray) => TypedArray = copyOf;
  readonly free: () => void = nothingToDo;
  readonly memory: Backend["memory"] = () => NOTHING_HELD;
  readonly sync: () => Promise<void> = nothingToAwait;
  readonly dispose: () => Promise<void>;
  /** Made when it is first asked for. */
  readonly #graphRunner: () => Runner | undefined;

  constructor(host: EngineHost, name: string, dispose: () => Promise<void>) {
    this.name = name;
    this.kernels = kernelsOn(host.source);
    this.fused = fusedOn(host.source);
    this.updates = updatesOn(host.source);
    this.dispose = dispose;
    let runner: Runner | undefined;
    this.#graphRunner = (): Runner | undefined => {
      runner ??= runnerOn(() => this, host.source);
      return runner;
    };
    hosts.set(this, host);
    Object.freeze(this);
  }

  get graphRunner(): Runner | undefined {
    return this.#graphRunner();
  }
}

/** Backends by name: equal options give the same one. */
const made = new Map<string, Backend<TypedArray>>();

/**
 * The CPU backend. Large float32 kernels run in WebAssembly, the others in plain TypeScript. Its buffers are plain typed arrays
 * that the garbage collector frees. All four dtypes; indices are checked; the same inputs give the same bits, for any number of
 * threads. Equal options return the same frozen instance, so `cpu()` is one for all.
 *
 * `dispose` ends the worker threads of a backend that has some; it may be used further, with one thread. A process ends without it.
 *
 * @throws ArgumentError for options that do not exist or do not fit together
 * @throws BackendError where the instructions that `simd` insists on are missing
 * @example
 * ```ts
 * const backend = cpu();
 * const a = backend.upload(Float32Array.of(1, 2), [2], "float32");
 * const meta = { shape: [2], dtype: "float32" } as const;
 * const [b] = backend.kernels.exp([a], { attrs: {}, in: [meta], out: [meta] });
 * ```
 */
export function cpu(options: CpuOptions = {}): Backend<TypedArray> {
  const { threads, simd } = checkedOptions(options);
  const name = `cpu${threads > 1 ? `-${threads}t` : ""}${simd === "auto" ? "" : `-${simd}`}`;
  let backend = made.get(name);
  if (backend === undefined) {
    const host = threads > 1 ? threadedHost(simd, threads) : singleHost(simd);
    backend = new CpuBackend(host, name, () => {
      if (threads > 1) made.delete(name);
      return host.end();
    });
    made.set(name, backend);
  }
  return backend;
}

/**
 * What a cpu backend, by default `cpu()`, computes with now: instructions, threads, and why it is less than was asked for.
 *
 * @throws BackendError for a backend that `cpu` did not make
 */
export function cpuFeatures(backend: Backend<TypedArray> = cpu()): CpuFeatures {
  return hostOf("cpuFeatures", backend).features();
}

/**
 * Resolves when the worker threads of a cpu backend are up, or cannot come, to what it then computes with. Nothing has to wait for
 * it: until then one thread does the work.
 *
 * @throws BackendError for a backend that `cpu` did not make
 */
export async function cpuReady(backend: Backend<TypedArray> = cpu()): Promise<CpuFeatures> {
  const host = hostOf("cpuReady", backend);
  await host.settled();
  return host.features();
}

function hostOf(op: string, backend: object): EngineHost {
  const host = hosts.get(backend);
  if (host === undefined) throw new BackendError(op, "this is no cpu backend", "give what cpu() returned");
  return host;
}
