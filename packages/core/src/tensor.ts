/// <reference lib="esnext.disposable" preserve="true" />
import {
  type Backend,
  BackendError,
  bytesPerElement,
  type DType,
  DTypeError,
  formatShape,
  GraphError,
  isFloat,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  type TypedArray,
} from "@unrolled/backend";
import { type BackwardOptions, backward } from "./autograd/backpropagate.js";
import { TapeNode } from "./autograd/tape.js";
import { bufferOf, isGradEnabled, noGrad, registerTensorClass, requireSameBackend } from "./engine.js";
import { formatElements } from "./format.js";
import { isTracing } from "./graph/tracing-mark.js";
import { releaseBuffer, retainBuffer } from "./memory/references.js";
import { type BufferHold, trackDeviceTensor, untrackDeviceTensor } from "./memory/scope.js";
import * as activations from "./ops/activations.js";
import type { TensorLike } from "./ops/elementwise.js";
import * as elementwise from "./ops/elementwise.js";
import * as indexing from "./ops/indexing.js";
import * as linear from "./ops/matmul.js";
import type { Range } from "./ops/movement.js";
import * as movement from "./ops/movement.js";
import type { Axes, NormOptions, ReduceOptions, VarianceOptions } from "./ops/reductions.js";
import * as reductions from "./ops/reductions.js";
import * as normalised from "./ops/softmax.js";
import * as splitting from "./ops/splitting.js";
import { requireBackend } from "./require-backend.js";
import { requireSingleCopy } from "./single-copy.js";

/** Why the elements of a tensor are not here, and how they come back. */
interface Absence {
  readonly reason: string;
  readonly remedy: string;
  readonly sync: () => Promise<void>;
}

interface Away extends Absence {
  /** The buffer that waits. */
  readonly buffer: object;
}

/** Numbers nested as deep as the tensor has dimensions. */
export type NestedArray = number | boolean | readonly NestedArray[];

const disposeSymbol: symbol = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const inspectSymbol: symbol = Symbol.for("nodejs.util.inspect.custom");

function dispose(this: Tensor): void {
  this.dispose();
}

function inspect(this: Tensor): string {
  return this.toString();
}

/**
 * An n-dimensional array on a backend, with a place on the autograd tape where it needs gradients.
 *
 * Make one with `tensor`, `zeros`, `randn` and the like. Methods do what the functions of the same name do. Elements are
 * immutable; methods that end in `_` give the tensor new elements and count as a change that `backward` checks.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * x.mul(x).sum().backward();
 * x.grad?.toArray(); // [[2, 4], [6, 8]]
 */
export class Tensor implements Disposable {
  readonly shape: Shape;
  readonly dtype: DType;
  /** True where gradients flow: leaves that ask for it, and everything computed from them. */
  requiresGrad = false;
  /** What `backward` has added up for this leaf; null before. */
  grad: Tensor | null = null;
  /** @internal The op that made it, which output of that op it is, and how often it was changed in place. */
  node: TapeNode | null = null;
  /** @internal */
  slot = 0;
  /** @internal Where gradients arrive, of a leaf that an op was recorded over. */
  leafNode: TapeNode | null = null;
  /** @internal */
  version = 0;
  /** @internal Never freed by a scope. */
  kept = false;
  #backend: Backend;
  #buffer: object | null;
  #isSole = false;
  #hold: BufferHold | null = null;
  #away: Away | null = null;

  static {
    requireSingleCopy();
    registerTensorClass(Tensor);
    Object.defineProperty(Tensor.prototype, disposeSymbol, { value: dispose });
    Object.defineProperty(Tensor.prototype, inspectSymbol, { value: inspect });
  }

  /** Same as `dispose`, for `using`. */
  declare readonly [Symbol.dispose]: () => void;

  /** @internal Takes over one reference to `buffer`. */
  constructor(backend: Backend, buffer: object, shape: Shape, dtype: DType) {
    this.#backend = backend;
    this.#buffer = buffer;
    this.shape = shape;
    this.dtype = dtype;
    if (!backend.capabilities.hostMemory) this.#track(true);
  }

  #track(scoped: boolean): void {
    this.#hold = { backend: this.#backend, buffer: this.#buffer };
    trackDeviceTensor(this, this.#hold, scoped);
  }

  #untrack(): void {
    if (this.#hold === null) return;
    untrackDeviceTensor(this.#hold);
    this.#hold.buffer = null;
    this.#hold = null;
  }

  get backend(): Backend {
    return this.#backend;
  }

  /** @internal The backend's buffer, to keep or to share; null after `dispose`. */
  get buffer(): object | null {
    this.#isSole = false;
    return this.#buffer;
  }

  /** @internal The backend's buffer, for a kernel. Whose result is that buffer calls `share`. */
  get lentBuffer(): object | null {
    return this.#buffer;
  }

  /** @internal Another tensor has the buffer too. */
  share(): void {
    this.#isSole = false;
  }

  /** @internal Nobody else can have the buffer: an update made it, and `buffer` was not asked for since. */
  get isSole(): boolean {
    return this.#isSole;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** True unless an op recorded on the tape made it. */
  get isLeaf(): boolean {
    return this.node === null;
  }

  get isDisposed(): boolean {
    return this.#buffer === null && this.#away === null;
  }

  /** @internal Where the elements are, if not here. */
  get away(): Away | null {
    return this.#away;
  }

  /** @internal From here on every use raises, with this reason and remedy, until `bringHome`. */
  sendAway(absence: Absence): void {
    this.#away = { ...absence, buffer: bufferOf("sendAway", this) };
    this.#buffer = null;
  }

  /** @internal Takes a new buffer of the same backend in place of the one before `sendAway`. */
  bringHome(buffer: object): void {
    if (this.#away === null) return;
    releaseBuffer(this.#backend, this.#away.buffer);
    this.#away = null;
    this.#buffer = buffer;
    if (this.#hold !== null) this.#hold.buffer = buffer;
    this.version++;
  }

  // Reading

  /** The elements in row-major order, as a copy. Works on every backend. */
  async data(): Promise<TypedArray> {
    return this.#backend.read(bufferOf("data", this), this);
  }

  /**
   * The elements in row-major order, as a copy, at once.
   *
   * @throws BackendError where the backend can only be read with `await tensor.data()`
   * @throws GraphError inside a traced function
   */
  dataSync(): TypedArray {
    const buffer = bufferOf("dataSync", this);
    if (!this.#backend.readSync) {
      if (isTracing(this.#backend)) {
        throw new GraphError(
          "dataSync",
          "a traced tensor has no elements yet",
          "read it outside the traced function, from the program's outputs",
        );
      }
      throw new BackendError(
        "dataSync",
        `${this.#backend.name} cannot be read synchronously`,
        "use: await tensor.data()",
      );
    }
    return this.#backend.readSync(buffer, this);
  }

  /**
   * The only element, as a number.
   *
   * @throws ShapeError if the tensor has not exactly one element
   */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        "item",
        `a tensor of shape ${formatShape(this.shape)} has ${this.size} elements`,
        "reduce or select first, or use toArray()",
      );
    }
    return this.dataSync()[0];
  }

  /** The elements as nested arrays; a number for a scalar. */
  toArray(): NestedArray {
    const data = this.dataSync();
    const isBool = this.dtype === "bool";
    const nest = (axis: number, offset: number): NestedArray => {
      if (axis === this.shape.length) return isBool ? data[offset] !== 0 : data[offset];
      const stride = sizeOf(this.shape.slice(axis + 1));
      return Array.from({ length: this.shape[axis] }, (_, i) => nest(axis + 1, offset + i * stride));
    };
    return nest(0, 0);
  }

  /** Shape, dtype and backend; and the elements, where reading them costs nothing. */
  toString(): string {
    const head = `Tensor(${formatShape(this.shape)}, ${this.dtype}, ${this.#backend.name}${this.requiresGrad ? ", requiresGrad" : ""})`;
    if (this.#buffer === null) return `${head} ${this.#away ? this.#away.reason : "disposed"}`;
    const { capabilities, readSync } = this.#backend;
    if (!capabilities.hostMemory || !readSync) return head;
    const body = formatElements(readSync.call(this.#backend, this.#buffer, this), this.shape, this.dtype);
    return body.includes("\n") ? `${head}\n${body}` : `${head} ${body}`;
  }

  /** Element sizes and count, for messages about memory. */
  get bytes(): number {
    return this.size * bytesPerElement(this.dtype);
  }

  /** For JSON.stringify: what `tensor(data, { shape, dtype })` takes. */
  toJSON(): { readonly dtype: DType; readonly shape: Shape; readonly data: readonly number[] } {
    return { dtype: this.dtype, shape: this.shape, data: Array.from(this.dataSync()) };
  }

  // Gradients

  /** Runs the tape backwards and adds to the `.grad` of every leaf. Non-scalars need the cotangent of their own shape. */
  backward(cotangent?: Tensor, options?: BackwardOptions): void {
    backward(this, cotangent, options);
  }

  /**
   * Asks for gradients of this leaf.
   *
   * @throws DTypeError for dtypes other than floats
   * @throws GraphError if the tensor was computed from others
   */
  requireGrad(flag = true): this {
    if (flag && !isFloat(this.dtype))
      throw new DTypeError("requireGrad", `${this.dtype} tensors have no gradients`, "use float32 or float64");
    if (this.node !== null) {
      throw new GraphError(
        "requireGrad",
        "the tensor was computed from others",
        "detach() it first, or set it on the leaves",
      );
    }
    this.requiresGrad = flag;
    return this;
  }

  /** The same elements, cut off from the tape. */
  detach(): Tensor {
    const buffer = bufferOf("detach", this);
    retainBuffer(this.#backend, buffer);
    return new Tensor(this.#backend, buffer, this.shape, this.dtype);
  }

  // Place

  /** A copy on another backend; itself if it is there. Not recorded on the tape. */
  async to(backend: Backend): Promise<Tensor> {
    if (backend === this.#backend) return this;
    requireBackend("to", backend);
    const data = await this.data();
    const moved = new Tensor(backend, backend.upload(data, this.shape, this.dtype), this.shape, this.dtype);
    moved.requiresGrad = this.requiresGrad && this.node === null;
    return moved;
  }

  /** Moves this tensor itself, and its `.grad`, to another backend. */
  async moveTo_(backend: Backend): Promise<this> {
    if (backend === this.#backend) return this;
    requireBackend("moveTo_", backend);
    const data = await this.data();
    const before = this.exchange(backend, backend.upload(data, this.shape, this.dtype));
    releaseBuffer(before.backend, before.buffer);
    this.version++;
    await this.grad?.moveTo_(backend);
    return this;
  }

  /** Gives the buffer back; the tensor cannot be used afterwards. On the CPU the garbage collector does it anyway. */
  dispose(): void {
    if (this.#buffer === null) return;
    const buffer = this.#buffer;
    this.#buffer = null;
    this.#untrack();
    releaseBuffer(this.#backend, buffer);
    if (this.node !== null && this.node.release !== null) this.node.free();
  }

  // In place

  /** @internal Puts another buffer (of the same shape and dtype) in place, perhaps on another backend; returns what was there. */
  exchange(backend: Backend, buffer: object): { backend: Backend; buffer: object } {
    const before = { backend: this.#backend, buffer: bufferOf("exchange", this) };
    this.#backend = backend;
    this.#buffer = buffer;
    this.#isSole = false;
    if (backend === before.backend) {
      if (this.#hold !== null) this.#hold.buffer = buffer;
    } else {
      this.#untrack();
      if (!backend.capabilities.hostMemory) this.#track(false);
    }
    return before;
  }

  /** @internal Takes over a buffer of the same backend, shape and dtype in place of its own. */
  renew(buffer: object): void {
    const before = bufferOf("renew", this);
    this.#buffer = buffer;
    if (this.#hold !== null) this.#hold.buffer = buffer;
    releaseBuffer(this.#backend, before);
    this.version++;
  }

  /** @internal `renew` with what an update's kernel returned: nobody else's, or this tensor's own buffer with new elements. */
  renewAlone(buffer: object): void {
    if (buffer === this.#buffer) this.version++;
    else this.renew(buffer);
    this.#isSole = true;
  }

  /**
   * Takes over the elements of `source`. Shapes and dtypes must agree. Recorded on the tape when `source` is.
   *
   * @throws GraphError for a leaf that requires a gradient, outside noGrad
   */
  assign_(source: Tensor): this {
    return this.#rebind("assign_", source);
  }

  #rebind(op: string, source: Tensor): this {
    if (!(#backend in Object(source)) || source.#backend !== this.#backend)
      requireSameBackend(op, this.#backend, source);
    if (!sameShape(this.shape, source.shape) || this.dtype !== source.dtype) {
      throw new ShapeError(
        op,
        `${source.dtype} ${formatShape(source.shape)} into ${this.dtype} ${formatShape(this.shape)}`,
        "shapes and dtypes must be equal",
      );
    }
    const recording = isGradEnabled();
    if (recording && this.requiresGrad && this.node === null) {
      throw new GraphError(
        op,
        "a leaf that requires a gradient is changed in place while recording",
        "wrap the update in noGrad(() => ...)",
      );
    }
    const buffer = bufferOf(op, source);
    retainBuffer(source.backend, buffer);
    this.renew(buffer);
    if (!recording) return this;
    if (source.requiresGrad && source.node === null) {
      new TapeNode(op, {}, [source], ([g]) => [g ?? null]).produce(this, 0);
    } else if (source.requiresGrad || this.node !== null) {
      this.node = source.node;
      this.slot = source.slot;
      this.requiresGrad = source.requiresGrad;
    }
    return this;
  }

  #update(op: string, result: Tensor): this {
    this.#rebind(op, result);
    result.dispose();
    return this;
  }
  /** this + other, in place. */
  add_(other: TensorLike): this {
    return this.#update("add_", elementwise.add(this, other));
  }
  /** this - other, in place. */
  sub_(other: TensorLike): this {
    return this.#update("sub_", elementwise.sub(this, other));
  }
  /** this * other, in place. */
  mul_(other: TensorLike): this {
    return this.#update("mul_", elementwise.mul(this, other));
  }
  /** this / other, in place. */
  div_(other: TensorLike): this {
    return this.#update("div_", elementwise.div(this, other));
  }
  /** All zeros, in place; forgets the past. */
  zero_(): this {
    return this.fill_(0);
  }
  /** One value everywhere, in place; forgets the past. */
  fill_(value: number): this {
    return this.#update(
      "fill_",
      noGrad(() => elementwise.scalarLike("fill_", value, this).detach().broadcastTo(this.shape)),
    );
  }

  // Elementwise

  neg(): Tensor {
    return elementwise.neg(this);
  }
  abs(): Tensor {
    return elementwise.abs(this);
  }
  sign(): Tensor {
    return elementwise.sign(this);
  }
  exp(): Tensor {
    return elementwise.exp(this);
  }
  log(): Tensor {
    return elementwise.log(this);
  }
  sqrt(): Tensor {
    return elementwise.sqrt(this);
  }
  sin(): Tensor {
    return elementwise.sin(this);
  }
  cos(): Tensor {
    return elementwise.cos(this);
  }
  tanh(): Tensor {
    return elementwise.tanh(this);
  }
  sigmoid(): Tensor {
    return elementwise.sigmoid(this);
  }
  relu(): Tensor {
    return elementwise.relu(this);
  }
  erf(): Tensor {
    return elementwise.erf(this);
  }
  isNan(): Tensor {
    return elementwise.isNan(this);
  }
  logicalNot(): Tensor {
    return elementwise.logicalNot(this);
  }
  square(): Tensor {
    return activations.square(this);
  }
  reciprocal(): Tensor {
    return activations.reciprocal(this);
  }
  silu(): Tensor {
    return activations.silu(this);
  }
  add(other: TensorLike): Tensor {
    return elementwise.add(this, other);
  }
  sub(other: TensorLike): Tensor {
    return elementwise.sub(this, other);
  }
  mul(other: TensorLike): Tensor {
    return elementwise.mul(this, other);
  }
  div(other: TensorLike): Tensor {
    return elementwise.div(this, other);
  }
  pow(other: TensorLike): Tensor {
    return elementwise.pow(this, other);
  }
  maximum(other: TensorLike): Tensor {
    return elementwise.maximum(this, other);
  }
  minimum(other: TensorLike): Tensor {
    return elementwise.minimum(this, other);
  }
  equal(other: TensorLike): Tensor {
    return elementwise.equal(this, other);
  }
  notEqual(other: TensorLike): Tensor {
    return elementwise.notEqual(this, other);
  }
  less(other: TensorLike): Tensor {
    return elementwise.less(this, other);
  }
  lessEqual(other: TensorLike): Tensor {
    return elementwise.lessEqual(this, other);
  }
  greater(other: TensorLike): Tensor {
    return elementwise.greater(this, other);
  }
  greaterEqual(other: TensorLike): Tensor {
    return elementwise.greaterEqual(this, other);
  }
  logicalAnd(other: Tensor): Tensor {
    return elementwise.logicalAnd(this, other);
  }
  logicalOr(other: Tensor): Tensor {
    return elementwise.logicalOr(this, other);
  }
  cast(dtype: DType): Tensor {
    return elementwise.cast(this, dtype);
  }
  clamp(bounds: { readonly low?: number; readonly high?: number }): Tensor {
    return activations.clamp(this, bounds);
  }
  softplus(options?: { readonly beta?: number; readonly threshold?: number }): Tensor {
    return activations.softplus(this, options);
  }
  gelu(options?: { readonly approximate?: "none" | "tanh" }): Tensor {
    return activations.gelu(this, options);
  }
  leakyRelu(slope?: number): Tensor {
    return activations.leakyRelu(this, slope);
  }
  elu(alpha?: number): Tensor {
    return activations.elu(this, alpha);
  }

  // Reductions

  sum(axes?: Axes, options?: ReduceOptions): Tensor {
    return reductions.sum(this, axes, options);
  }
  mean(axes?: Axes, options?: ReduceOptions): Tensor {
    return reductions.mean(this, axes, options);
  }
  max(axes?: Axes, options?: ReduceOptions): Tensor {
    return reductions.max(this, axes, options);
  }
  min(axes?: Axes, options?: ReduceOptions): Tensor {
    return reductions.min(this, axes, options);
  }
  logSumExp(axes?: Axes, options?: ReduceOptions): Tensor {
    return reductions.logSumExp(this, axes, options);
  }
  any(axes?: Axes, options?: ReduceOptions): Tensor {
    return reductions.any(this, axes, options);
  }
  all(axes?: Axes, options?: ReduceOptions): Tensor {
    return reductions.all(this, axes, options);
  }
  variance(axes?: Axes, options?: VarianceOptions): Tensor {
    return reductions.variance(this, axes, options);
  }
  std(axes?: Axes, options?: VarianceOptions): Tensor {
    return reductions.std(this, axes, options);
  }
  norm(axes?: Axes, options?: NormOptions): Tensor {
    return reductions.norm(this, axes, options);
  }
  argmax(axis?: number, options?: ReduceOptions): Tensor {
    return reductions.argmax(this, axis, options);
  }
  argmin(axis?: number, options?: ReduceOptions): Tensor {
    return reductions.argmin(this, axis, options);
  }
  cumsum(axis: number, options?: { readonly reverse?: boolean }): Tensor {
    return reductions.cumsum(this, axis, options);
  }
  softmax(axis?: number): Tensor {
    return normalised.softmax(this, axis);
  }
  logSoftmax(axis?: number): Tensor {
    return normalised.logSoftmax(this, axis);
  }

  // Products

  matmul(other: Tensor, options?: linear.MatmulOptions): Tensor {
    return linear.matmul(this, other, options);
  }
  dot(other: Tensor): Tensor {
    return linear.dot(this, other);
  }
  outer(other: Tensor): Tensor {
    return linear.outer(this, other);
  }

  // Shape

  reshape(shape: Shape): Tensor {
    return movement.reshape(this, shape);
  }
  flatten(start?: number, end?: number): Tensor {
    return movement.flatten(this, start, end);
  }
  unsqueeze(axis: number): Tensor {
    return movement.unsqueeze(this, axis);
  }
  squeeze(axes?: number | readonly number[]): Tensor {
    return movement.squeeze(this, axes);
  }
  /** Dimensions in the order `perm`, reversed when left out; or, with two axes, those exchanged as in torch.transpose. */
  transpose(perm?: readonly number[]): Tensor;
  transpose(a: number, b: number): Tensor;
  transpose(a?: number | readonly number[], b?: number): Tensor {
    if (typeof a !== "number") return movement.transpose(this, a);
    return movement.swapAxes(this, a, b as number);
  }
  swapAxes(a: number, b: number): Tensor {
    return movement.swapAxes(this, a, b);
  }
  broadcastTo(shape: Shape): Tensor {
    return movement.broadcastTo(this, shape);
  }
  tile(counts: readonly number[]): Tensor {
    return movement.tile(this, counts);
  }
  slice(...ranges: readonly Range[]): Tensor {
    return movement.slice(this, ...ranges);
  }
  narrow(axis: number, start: number, length: number): Tensor {
    return movement.narrow(this, axis, start, length);
  }
  select(axis: number, index: number): Tensor {
    return movement.select(this, axis, index);
  }
  pad(widths: readonly (readonly [before: number, after: number])[], value?: number): Tensor {
    return movement.pad(this, widths, value);
  }
  flip(axes?: number | readonly number[]): Tensor {
    return movement.flip(this, axes);
  }
  indexSelect(indices: Tensor, axis?: number): Tensor {
    return indexing.indexSelect(this, indices, axis);
  }
  gather(axis: number, index: Tensor): Tensor {
    return indexing.gather(this, axis, index);
  }
  split(sizes: number | readonly number[], axis?: number): Tensor[] {
    return splitting.split(this, sizes, axis);
  }
  chunk(count: number, axis?: number): Tensor[] {
    return splitting.chunk(this, count, axis);
  }
  unbind(axis?: number): Tensor[] {
    return splitting.unbind(this, axis);
  }
}
