import type { TensorInfo, Tensor as TfTensor } from "@tensorflow/tfjs-core";
import {
  ArgumentError,
  allocate,
  type Backend,
  BackendError,
  bytesPerElement,
  type Call,
  type Capabilities,
  checkShape,
  type DType,
  DTypeError,
  dtypeOf,
  type FusedKernels,
  type FusedOp,
  formatShape,
  type In,
  type Kernel,
  type Meta,
  type PrimitiveKernels,
  type PrimitiveOp,
  type Shape,
  ShapeError,
  sizeOf,
  type TypedArray,
  type UpdateKernels,
  type UpdateOp,
} from "@unrolled/backend";
import type { Device } from "./device.js";
import type { FusedCompute, FusedComputes } from "./fused/fused-compute.js";
import type { Computes } from "./kernels/compute.js";
import { computes } from "./kernels/index.js";
import { described, requireTensor, type TfTensors } from "./tf-tensors.js";
import type { UpdateCompute, UpdateComputes } from "./updates/update-compute.js";

/** A tensor's elements in a TensorFlow.js engine. Opaque: made, read and freed by its backend only. Made by `tfjs` backends. */
export class TfjsBuffer implements TensorInfo {
  readonly dataId: TensorInfo["dataId"];
  readonly shape: number[];
  readonly dtype: TensorInfo["dtype"];

  /** @internal */
  constructor(dataId: TensorInfo["dataId"], shape: Shape, dtype: DType) {
    this.dataId = dataId;
    this.shape = [...shape];
    this.dtype = dtype as TensorInfo["dtype"];
  }
}

interface Share {
  buffers: number;
  readonly bytes: number;
}

const supported: ReadonlySet<DType> = new Set<DType>(["float32", "int32", "bool"]);

/** What an engine offers besides the primitives, and how it is connected. */
export interface Connection {
  /** Default: those over the kernels of TensorFlow.js. */
  readonly primitives?: Computes<PrimitiveOp>;
  readonly fused: FusedComputes;
  readonly updates: UpdateComputes;
  readonly tensors: TfTensors;
  readonly onDispose: () => void;
}

/** Something that holds a buffer of this backend: a tensor of the core package, or the buffer itself. */
type Holder = TfjsBuffer | { readonly buffer: object | null };

function bufferIn(holder: Holder): object | null {
  if (holder instanceof TfjsBuffer) return holder;
  if (typeof holder === "object" && holder !== null && "buffer" in holder && !ArrayBuffer.isView(holder))
    return holder.buffer;
  throw new ArgumentError(
    "toTf",
    `got ${described(holder)}`,
    "give a buffer of this backend, or a tensor of Unrolled; fromTf goes the other way",
  );
}

type AnyFused = Required<FusedCompute<FusedOp>>;
type Infos = readonly (TensorInfo | null)[];
type Buffers = readonly (TfjsBuffer | null)[];

/** A backend whose buffers can be read at once. */
export type SyncTfjsBackend = TfjsBackend & { readonly readSync: (buffer: TfjsBuffer, meta?: Meta) => TypedArray };

/** The contract over one engine's kernels. Made by `tfjs()`. */
export class TfjsBackend implements Backend<TfjsBuffer> {
  readonly contract = "v1";
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly kernels: PrimitiveKernels<TfjsBuffer>;
  readonly fused: FusedKernels<TfjsBuffer>;
  readonly updates: UpdateKernels<TfjsBuffer>;
  /** Copies a buffer out at once. Absent for "webgpu", which can only be awaited. */
  readonly readSync?: (buffer: TfjsBuffer, meta?: Meta) => TypedArray;
  readonly #device: Device;
  readonly #connection: Connection;
  readonly #live: Set<TfjsBuffer> = new Set();
  /** How many live buffers share an engine buffer, and its size. */
  readonly #shares: Map<object, Share> = new Map();
  #bytes = 0;
  #disposed = false;

  /** @internal */
  constructor(name: string, device: Device, connection: Connection) {
    this.name = name;
    this.#device = device;
    this.#connection = connection;
    const { onDevice, readsSync } = device.traits;
    this.capabilities = {
      dtypes: supported,
      readSync: readsSync,
      hostMemory: false,
      deterministic: !onDevice,
      checksIndices: !onDevice,
    };
    if (readsSync) {
      this.readSync = (buffer: TfjsBuffer): TypedArray => {
        this.#requireLive("read", buffer);
        return device.readSync(buffer);
      };
    }
    const kernels = Object.keys(computes).map((op) => [op, this.#kernel(op as PrimitiveOp)]);
    this.kernels = Object.fromEntries(kernels) as PrimitiveKernels<TfjsBuffer>;
    const fused = Object.entries(connection.fused).map(([op, compute]) => [
      op,
      this.#fusedKernel(op as FusedOp, compute as unknown as AnyFused),
    ]);
    this.fused = Object.fromEntries(fused) as FusedKernels<TfjsBuffer>;
    const updates = Object.entries(connection.updates).map(([op, compute]) => [
      op,
      this.#updateKernel(op as UpdateOp, compute as unknown as UpdateCompute<UpdateOp>),
    ]);
    this.updates = Object.fromEntries(updates) as UpdateKernels<TfjsBuffer>;
  }

  /**
   *
   * @throws DTypeError if the array does not hold that dtype, or the engine has none
   * @throws ShapeError if the array does not fill the shape
   */
  upload(data: TypedArray, shape: Shape, dtype: DType): TfjsBuffer {
    this.#requireOpen("upload");
    this.#requireDType("upload", dtype);
    checkShape("upload", shape);
    if (!ArrayBuffer.isView(data) || dtypeOf(data) !== dtype) {
      throw new DTypeError("upload", `${described(data)} does not hold ${dtype}`, "convert it to a typed array first");
    }
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError(
        "upload",
        `${data.length} elements do not fill ${formatShape(shape)}`,
        `give ${sizeOf(shape)} elements`,
      );
    }
    return this.#keep(
      this.#device.compute(() => this.#device.write(data, shape, dtype)),
      { shape, dtype },
    );
  }

  async read(buffer: TfjsBuffer, _meta?: Meta): Promise<TypedArray> {
    this.#requireLive("read", buffer);
    return this.#device.read(buffer);
  }

  free(buffer: TfjsBuffer): void {
    if (this.#disposed) return;
    this.#requireLive("free", buffer);
    this.#live.delete(buffer);
    const share = this.#shares.get(buffer.dataId);
    if (share && --share.buffers === 0) {
      this.#shares.delete(buffer.dataId);
      this.#bytes -= share.bytes;
    }
    if (this.#device.release(buffer)) this.#connection.tensors.forget(buffer);
  }

  /**
   * A buffer that shares the elements of your tf.Tensor, which must be on this backend's engine. Both are owners: the elements
   * go when you have disposed of the tensor (or its tidy has) and the buffer is freed. Nothing is copied.
   *
   * @returns a buffer with the tensor's shape and dtype, to be freed, or to be given to a `Tensor` of the core package
   * @throws BackendError for a tensor of another engine or one that was disposed of; DTypeError for "string" and "complex64";
   * ArgumentError for what is no tf.Tensor
   * @example
   * const x = fromBuffer(backend, backend.fromTf(mine), { shape: mine.shape, dtype: "float32" });
   */
  fromTf(tensor: TensorInfo): TfjsBuffer {
    this.#requireOpen("fromTf");
    requireTensor(tensor);
    this.#requireDType("fromTf", tensor.dtype as DType);
    this.#connection.tensors.requireShared(tensor, this.name);
    this.#device.retain(tensor);
    return this.#keep(tensor, { shape: tensor.shape, dtype: tensor.dtype as DType });
  }

  /**
   * A tf.Tensor that shares the elements of a buffer, or of the tensor that holds it. It is yours: counted by `tf.memory()`,
   * disposed of by you or by the `tf.tidy` around. The buffer stays this backend's, and either may go first. Nothing is copied.
   *
   * @throws BackendError for a buffer that is not one of this backend, or was freed; ArgumentError for what holds no buffer
   * @example
   * const yours = backend.toTf(model.forward(x));
   */
  toTf(holder: Holder): TfTensor {
    const buffer = bufferIn(holder);
    this.#requireLive("toTf", buffer as TfjsBuffer);
    return this.#connection.tensors.share(buffer as TfjsBuffer, () => this.#device.retain(buffer as TfjsBuffer));
  }

  /** Buffers handed out and not freed; those that share elements (`reshape`) count their bytes once. */
  memory(): { readonly buffers: number; readonly bytes: number } {
    return { buffers: this.#live.size, bytes: this.#bytes };
  }

  async sync(): Promise<void> {
    this.#requireOpen("sync");
    await this.#device.sync();
  }

  /** Frees every buffer. The engine itself stays, as the user's own TensorFlow.js code may be on it. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    for (const buffer of [...this.#live]) this.free(buffer);
    this.#disposed = true;
    this.#connection.onDispose();
  }

  #kernel<K extends PrimitiveOp>(op: K): Kernel<K, TfjsBuffer> {
    const device = this.#device;
    const compute = (this.#connection.primitives ?? computes)[op];
    const kernel = (inputs: readonly TfjsBuffer[], call: Call<K>): readonly [TfjsBuffer] => {
      this.#requireOpen(op);
      for (const input of inputs) this.#requireLive(op, input);
      const out: Meta = call.out[0];
      this.#requireDType(op, out.dtype);
      const body =
        sizeOf(out.shape) === 0
          ? () => device.write(allocate(out.dtype, 0), out.shape, out.dtype)
          : () => compute(device, inputs as unknown as In<K, TensorInfo>, call);
      return [this.#keep(device.compute(body), out)];
    };
    return kernel as unknown as Kernel<K, TfjsBuffer>;
  }

  #fusedKernel(op: FusedOp, compute: AnyFused): FusedKernels<TfjsBuffer>[FusedOp] {
    const device = this.#device;
    const check = (buffers: Buffers): void => {
      this.#requireOpen(op);
      for (const buffer of buffers) if (buffer) this.#requireLive(op, buffer);
    };
    const kernel = {
      accepts: (call: Call<FusedOp>): boolean =>
        call.out[0].dtype === "float32" && (compute.accepts === undefined || compute.accepts(call)),
      forward: (inputs: Buffers, call: Call<FusedOp>, save: boolean) => {
        check(inputs);
        const results = device.computeAll((): Infos => {
          const { out, reserve } = compute.forward(device, inputs as In<FusedOp, TensorInfo>, call, save);
          return [...out, ...reserve];
        });
        const metas: readonly Meta[] = call.out;
        const out = metas.map((meta, i) => this.#keep(results[i] as TensorInfo, meta));
        if (!save) return { out };
        const reserve = results.slice(metas.length).map((info) => this.#keep(info as TensorInfo, info as Meta));
        return { out, reserve };
      },
      backward: (
        cotangents: Buffers,
        inputs: Buffers,
        outputs: Buffers,
        reserve: readonly TfjsBuffer[],
        call: Call<FusedOp>,
        wanted: readonly boolean[],
      ): Buffers => {
        for (const buffers of [cotangents, inputs, outputs, reserve]) check(buffers);
        const backward = compute.backward as (...args: unknown[]) => Infos;
        const found = device.computeAll(() => backward(device, cotangents, inputs, outputs, reserve, call, wanted));
        return found.map((info, i) => {
          const meta = call.in[i];
          return info && meta ? this.#keep(info, meta) : null;
        });
      },
      release: (reserve: readonly TfjsBuffer[]): void => {
        for (const buffer of reserve) this.free(buffer);
      },
    };
    return kernel as unknown as FusedKernels<TfjsBuffer>[FusedOp];
  }

  #updateKernel(op: UpdateOp, compute: UpdateCompute<UpdateOp>): Kernel<UpdateOp, TfjsBuffer> {
    const kernel = (inputs: Buffers, call: Call<UpdateOp>): Buffers => {
      this.#requireOpen(op);
      for (const input of inputs) if (input) this.#requireLive(op, input);
      const metas: readonly (Meta | null)[] = call.out;
      const results: Infos = this.#device.computeAll(() =>
        compute(this.#device, inputs as unknown as In<UpdateOp, TensorInfo>, call),
      );
      return results.map((info, i) => {
        const meta = metas[i];
        return info && meta ? this.#keep(info, meta) : null;
      });
    };
    return kernel as unknown as Kernel<UpdateOp, TfjsBuffer>;
  }

  #keep(result: TensorInfo, { shape, dtype }: Meta): TfjsBuffer {
    const buffer = new TfjsBuffer(result.dataId, shape, dtype);
    const share = this.#shares.get(buffer.dataId);
    if (share) {
      share.buffers += 1;
    } else {
      const bytes = sizeOf(shape) * bytesPerElement(dtype);
      this.#shares.set(buffer.dataId, { buffers: 1, bytes });
      this.#bytes += bytes;
    }
    this.#live.add(buffer);
    return buffer;
  }

  #requireLive(op: string, buffer: TfjsBuffer): void {
    if (this.#live.has(buffer)) return;
    this.#requireOpen(op);
    throw new BackendError(
      op,
      `stale buffer: it was freed already, or is not one of ${this.name}`,
      "use a buffer of this backend before it is freed, and free it once",
    );
  }

  #requireOpen(op: string): void {
    if (!this.#disposed) return;
    throw new BackendError(op, `stale backend: ${this.name} was disposed`, "get a new one from tfjs()");
  }

  #requireDType(op: string, dtype: DType): void {
    if (supported.has(dtype)) return;
    throw new DTypeError(op, `${this.name} has no ${dtype}`, "use float32, int32 or bool, or the cpu backend");
  }
}
