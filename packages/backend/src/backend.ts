import type { DType, TypedArray } from "./dtype.js";
import type { Attrs, FusedOp, In, Lift, Meta, Op, Ops, Out, PrimitiveOp, UpdateOp } from "./ops.js";
import type { Runner } from "./runner.js";
import type { Shape } from "./shape.js";

/** All that a kernel needs to know besides its buffers. `out` is what the op table inferred. */
export interface Call<K extends Op> {
  readonly attrs: Attrs<K>;
  readonly in: In<K, Meta>;
  readonly out: Out<K, Meta>;
}

/**
 * Takes buffers, returns new ones; never changes or keeps its inputs. It may return an input buffer itself only from
 * `reshape`, or where nothing changes, and only if the backend counts such shares (`free` is then called once for each).
 * (Method syntax keeps the parameter bivariant, so that a backend of any buffer type is a `Backend`.)
 */
export type Kernel<K extends Op, H> = { m(inputs: In<K, H>, call: Call<K>): Out<K, H> }["m"];

/** A tuple as long as `M`, of `T`. */
export type Each<M extends readonly unknown[], T> = { readonly [I in keyof M]: T };

/** A fused op's gradient request: which inputs need a gradient. */
export type Wanted<K extends FusedOp> = Each<Ops[K]["in"], boolean>;

/** A whole fused op. What `forward` saves in its reserve, only `backward` reads, and `release` gives back. */
export interface FusedKernel<K extends FusedOp, H, R = unknown> {
  /** Asked before each call; decides by dtype, attributes and shapes alone. */
  accepts(call: Call<K>): boolean;
  /** `save` asks for a reserve, which lives until `release`. */
  forward(inputs: In<K, H>, call: Call<K>, save: boolean): { out: Out<K, H>; reserve?: R };
  /** `null` cotangents are zeros. Returns `null` where no gradient is wanted. May be called more than once a reserve. */
  backward(
    cotangents: Lift<Ops[K]["out"], H | null>,
    inputs: In<K, H>,
    outputs: Out<K, H>,
    reserve: R,
    call: Call<K>,
    wanted: Wanted<K>,
  ): Each<Ops[K]["in"], H | null>;
  release(reserve: R): void;
}

/** A kernel for every primitive op on buffers H. */
export type PrimitiveKernels<H> = { readonly [K in PrimitiveOp]: Kernel<K, H> };
/** Kernels for some fused ops on buffers H. */
export type FusedKernels<H> = { readonly [K in FusedOp]?: FusedKernel<K, H> };

/** What an update kernel is called with. */
export interface UpdateCall<K extends UpdateOp> extends Call<K> {
  /** Nobody else has the buffers of the parameter and its state: results may be written there, and these returned. */
  readonly mayOverwrite?: boolean;
}

/** An optimiser's update on buffers H. */
export type UpdateKernel<K extends UpdateOp, H> = { m(inputs: In<K, H>, call: UpdateCall<K>): Out<K, H> }["m"];
/** Kernels for some updates on buffers H. */
export type UpdateKernels<H> = { readonly [K in UpdateOp]?: UpdateKernel<K, H> };

/** What a backend can do. */
export interface Capabilities {
  readonly dtypes: ReadonlySet<DType>;
  /** `readSync` exists. */
  readonly readSync: boolean;
  /**
   * Buffers live in the JavaScript heap: the garbage collector frees them, `free` has nothing to do, and reading costs nothing.
   * Core then counts no references and opens no scopes.
   */
  readonly hostMemory: boolean;
  /** The same inputs give the same bits on every run. */
  readonly deterministic: boolean;
  /** `gather` and `scatterAdd` raise an ArgumentError for an index out of range; engines that cannot look leave zeros. */
  readonly checksIndices: boolean;
}

/** Engines that run op by op on buffers of type `H`. */
export interface Backend<H extends object = object> {
  readonly contract: "v1";
  /** Short and unique among the backends in use, such as `cpu` or `tfjs-wasm`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Every primitive. A missing kernel does not compile. */
  readonly kernels: PrimitiveKernels<H>;
  readonly fused?: FusedKernels<H>;
  readonly updates?: UpdateKernels<H>;
  /** Runs whole graphs on the same kernels; `compile` takes it by default. Absent also where the host lacks what it needs. */
  readonly graphRunner?: Runner | undefined;
  /** Copies host data in. Raises a ShapeError where the data do not fill the shape, a DTypeError for an array of another dtype. */
  upload(data: TypedArray, shape: Shape, dtype: DType): H;
  /** Copies a buffer out. */
  read(buffer: H, meta: Meta): Promise<TypedArray>;
  readSync?(buffer: H, meta: Meta): TypedArray;
  /** Gives one reference back. A buffer must not be used afterwards. After `dispose`, which gave all back, it does nothing. */
  free(buffer: H): void;
  /** Live buffers that wait for `free`, and their bytes; zeros where the garbage collector does it. */
  memory(): { readonly buffers: number; readonly bytes: number };
  /** Resolves when all queued work is done. */
  sync(): Promise<void>;
  dispose(): Promise<void>;
}
