import type { TensorInfo } from "@tensorflow/tfjs-core";
import {
  allocate,
  type Backend,
  BackendError,
  bytesPerElement,
  type Call,
  type Capabilities,
  type DType,
  DTypeError,
  dtypeOf,
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
} from "@unrolled/backend";
import type { Device } from "./device.js";
import { computes } from "./kernels/index.js";

/** A tensor's elements in a TensorFlow.js engine. Opaque: made, read and freed by its backend only. */
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

/** The contract over one engine's kernels. Made by `tfjs()`. */
export class TfjsBackend implements Backend<TfjsBuffer> {
  readonly contract = "v1";
  readonly name: string;
  readonly capabilities: Capabilities = {
    dtypes: supported,
    readSync: true,
    hostMemory: false,
    deterministic: true,
    checksIndices: true,
  };
  readonly kernels: PrimitiveKernels<TfjsBuffer>;
  readonly #device: Device;
  readonly #onDispose: () => void;
  readonly #live: Set<TfjsBuffer> = new Set();
  /** How many live buffers share an engine buffer, and its size. */
  readonly #shares: Map<object, Share> = new Map();
  #bytes = 0;
  #disposed = false;

  /** @internal */
  constructor(name: string, device: Device, onDispose: () => void) {
    this.name = name;
    this.#device = device;
    this.#onDispose = onDispose;
    const kernels = Object.keys(computes).map((op) => [op, this.#kernel(op as PrimitiveOp)]);
    this.kernels = Object.fromEntries(kernels) as PrimitiveKernels<TfjsBuffer>;
  }

  upload(data: TypedArray, shape: Shape, dtype: DType): TfjsBuffer {
    this.#requireOpen("upload");
    this.#requireDType("upload", dtype);
    if (dtypeOf(data) !== dtype) {
      throw new DTypeError("upload", `a ${data.constructor.name} does not hold ${dtype}`, "convert the array first");
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

  readSync(buffer: TfjsBuffer, _meta?: Meta): TypedArray {
    this.#requireLive("read", buffer);
    return this.#device.readSync(buffer);
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
    this.#device.release(buffer);
  }

  /** Buffers handed out and not freed; those that share elements (`reshape`) count their bytes once. */
  memory(): { readonly buffers: number; readonly bytes: number } {
    return { buffers: this.#live.size, bytes: this.#bytes };
  }

  async sync(): Promise<void> {
    this.#requireOpen("sync");
  }

  /** Frees every buffer. The engine itself stays, as the user's own TensorFlow.js code may be on it. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    for (const buffer of [...this.#live]) this.free(buffer);
    this.#disposed = true;
    this.#onDispose();
  }

  #kernel<K extends PrimitiveOp>(op: K): Kernel<K, TfjsBuffer> {
    const device = this.#device;
    const compute = computes[op];
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
