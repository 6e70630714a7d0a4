import {
  type Backend,
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
import type { EngineSource } from "./fast/engine-source.js";
import { fastMatmul } from "./fast/matmul.js";
import { gather, scatterAdd } from "./indexing.js";
import { linear } from "./linear.js";
import { broadcast, concat, flip, pad, reshape, slice, transpose } from "./movement.js";
import { argmax, cumsum, max, sum } from "./reductions.js";
import { gruSequence } from "./sequence/gru.js";
import { lstmSequence } from "./sequence/lstm.js";
import { rnnSequence } from "./sequence/rnn.js";
import * as unary from "./unary.js";
import { adamStep, sgdStep } from "./updates.js";
import { sharedEngine } from "./wasm/engine.js";
import { where } from "./where.js";

function kernelsOn(engine: EngineSource): PrimitiveKernels<TypedArray> {
  return Object.freeze({
    neg: unary.neg,
    abs: unary.abs,
    sign: unary.sign,
    exp: unary.exp,
    log: unary.log,
    sqrt: unary.sqrt,
    sin: unary.sin,
    cos: unary.cos,
    tanh: unary.tanh,
    sigmoid: unary.sigmoid,
    relu: unary.relu,
    erf: unary.erf,
    add: binary.add,
    sub: binary.sub,
    mul: binary.mul,
    div: binary.div,
    pow: binary.pow,
    maximum: binary.maximum,
    minimum: binary.minimum,
    equal: binary.equal,
    less: binary.less,
    where,
    sum,
    max,
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
    gather,
    scatterAdd,
    cast,
    fill,
    iota,
  });
}

function fusedOn(_engine: EngineSource): FusedKernels<TypedArray> {
  return Object.freeze({ linear, rnnSequence, lstmSequence, gruSequence });
}

function updatesOn(_engine: EngineSource): UpdateKernels<TypedArray> {
  return Object.freeze({ sgdStep, adamStep });
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

let graphRunner: Runner | undefined;

const shared: Backend<TypedArray> = Object.freeze({
  contract: "v1",
  name: "cpu",
  capabilities: Object.freeze({
    dtypes: new Set<DType>(["float32", "float64", "int32", "bool"]),
    readSync: true,
    hostMemory: true,
    deterministic: true,
    checksIndices: true,
  }),
  kernels: kernelsOn(sharedEngine),
  fused: fusedOn(sharedEngine),
  updates: updatesOn(sharedEngine),
  get graphRunner(): Runner | undefined {
    graphRunner ??= runnerOn(cpu);
    return graphRunner;
  },
  upload,
  read: async (buffer: TypedArray): Promise<TypedArray> => copyOf(buffer),
  readSync: copyOf,
  free: nothingToDo,
  memory: () => NOTHING_HELD,
  sync: nothingToAwait,
  dispose: nothingToAwait,
});

/**
 * The pure TypeScript backend. Its buffers are plain typed arrays that the garbage collector frees, so there is nothing to
 * dispose, and every call returns the same frozen instance. All four dtypes; float32 results are computed in float64 and
 * rounded when stored; indices are checked; the same inputs give the same bits.
 *
 * @example
 * ```ts
 * const backend = cpu();
 * const a = backend.upload(Float32Array.of(1, 2), [2], "float32");
 * const meta = { shape: [2], dtype: "float32" } as const;
 * const [b] = backend.kernels.exp([a], { attrs: {}, in: [meta], out: [meta] });
 * ```
 */
export function cpu(): Backend<TypedArray> {
  return shared;
}
