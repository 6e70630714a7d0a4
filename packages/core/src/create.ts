import {
  ArgumentError,
  allocate,
  type Backend,
  BackendError,
  type DType,
  DTypeError,
  dtypeOf,
  formatShape,
  GraphError,
  isFloat,
  type Meta,
  requireKnownOptions,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  type TypedArray,
  table,
} from "@unrolled/backend";
import { requireDType, requireShape } from "./arguments.js";
import { backendFor } from "./default-backend.js";
import { describeValue } from "./describe-value.js";
import { create } from "./engine.js";
import { isTracing } from "./graph/tracing-mark.js";
import { add, cast, equal, mul } from "./ops/elementwise.js";
import { unsqueeze } from "./ops/movement.js";
import { defaultGenerator, type Generator } from "./random/generator.js";
import { requireBackend } from "./require-backend.js";
import { type NestedArray, Tensor } from "./tensor.js";

/** Options of functions that make tensors. */
export interface CreateOptions {
  /** Default float32 (for `tensor`: what the data says). */
  readonly dtype?: DType;
  /** Where it lives; the default backend when left out. */
  readonly backend?: Backend;
  /** Ask for gradients of it. Default false. */
  readonly requiresGrad?: boolean;
}

const createOptions: readonly (keyof CreateOptions)[] = ["dtype", "backend", "requiresGrad"];

/** Options of functions that make random tensors. */
export interface RandomOptions extends CreateOptions {
  /** The stream to draw from; the default generator when left out. */
  readonly generator?: Generator;
}

function finish(op: string, tensor: Tensor, requiresGrad: boolean | undefined): Tensor {
  if (!requiresGrad) return tensor;
  if (tensor.dtype !== "float32" && tensor.dtype !== "float64") {
    throw new DTypeError(op, `${tensor.dtype} tensors have no gradients`, "use float32 or float64");
  }
  return tensor.requireGrad();
}

function isTypedArray(data: unknown): data is TypedArray {
  return (
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof Int32Array ||
    data instanceof Uint8Array
  );
}

function shapeOfNested(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let level: NestedArray = data; Array.isArray(level); level = level[0] as NestedArray) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}

function flattenNested(data: NestedArray, shape: Shape): (number | boolean)[] {
  const flat: (number | boolean)[] = [];
  const walk = (level: NestedArray, axis: number): void => {
    if (axis === shape.length) {
      if (typeof level !== "number" && typeof level !== "boolean") {
        throw new ShapeError(
          "tensor",
          Array.isArray(level) ? "the nested arrays differ in depth" : `an element is ${describeValue(level)}`,
          "give numbers or booleans, nested to one depth",
        );
      }
      flat.push(level);
      return;
    }
    if (!Array.isArray(level) || level.length !== shape[axis]) {
      throw new ShapeError(
        "tensor",
        `the nested arrays are ragged at dimension ${axis}`,
        `every array there needs ${shape[axis]} entries; pad first`,
      );
    }
    for (const item of level) walk(item as NestedArray, axis + 1);
  };
  walk(data, 0);
  return flat;
}

/** Options of `tensor`. */
export interface TensorOptions extends CreateOptions {
  /** For flat data: how to fold it. Default: its length, or the nesting. */
  readonly shape?: Shape;
}

/** Refuses a buffer that another backend made: one on the host has its own kind of buffer, another knows its own. */
function requireOwn(backend: Backend, buffer: object, meta: Meta): void {
  if (isTracing(backend)) return;
  if (backend.capabilities.hostMemory) {
    const own = isTypedArray(backend.upload(allocate(meta.dtype, 1), [1], meta.dtype));
    if (isTypedArray(buffer) !== own) refuseForeign(backend, `${backend.name} has ${own ? "" : "no "}typed arrays`);
    return;
  }
  const attrs = { shape: meta.shape };
  try {
    const [share] = backend.kernels.reshape([buffer], { attrs, in: [meta], out: table.reshape.infer([meta], attrs) });
    backend.free(share);
  } catch (cause) {
    if (cause instanceof BackendError) refuseForeign(backend, `${backend.name} refuses it`, cause);
    throw cause;
  }
}

function refuseForeign({ name }: Backend, why: string, cause?: BackendError): never {
  throw new BackendError(
    "fromBuffer",
    `a buffer of another backend, or one that was freed: ${why}`,
    `give one that ${name} made, or its own backend, and then await x.to(backend)`,
    { cause },
  );
}

/** What can be told of a buffer without its backend: a host array's dtype and size, or what it says of itself. */
function requireMeta(buffer: unknown, { shape, dtype }: Meta): void {
  if (typeof buffer !== "object" || buffer === null)
    throw new ArgumentError("fromBuffer", `the buffer is ${describeValue(buffer)}`, "give one that the backend made");
  const said = buffer as Partial<Record<keyof Meta, unknown>>;
  const ownDType = isTypedArray(buffer) ? dtypeOf(buffer) : said.dtype;
  if (typeof ownDType === "string" && ownDType !== dtype)
    throw new DTypeError("fromBuffer", `the buffer is ${ownDType}, not ${dtype}`, "give its own dtype, then cast");
  if (isTypedArray(buffer) && buffer.length !== sizeOf(shape)) {
    const problem = `the buffer has ${buffer.length} elements, ${formatShape(shape)} has ${sizeOf(shape)}`;
    throw new ShapeError("fromBuffer", problem, "give a shape that it fills");
  }
  if (Array.isArray(said.shape) && !sameShape(said.shape, shape)) {
    const problem = `the buffer is ${formatShape(said.shape)}, not ${formatShape(shape)}`;
    throw new ShapeError("fromBuffer", problem, "give its own shape, then reshape");
  }
}

/**
 * A tensor of a buffer that a backend made elsewhere, such as `backend.fromTf(tensor)`. It takes the buffer over: do not free it.
 * Host arrays, and buffers that say their shape and dtype, as those of TensorFlow.js do, are held to them; others are believed.
 *
 * @throws DTypeError for a dtype that the backend or the buffer has not; ShapeError for a shape that is not the buffer's;
 * BackendError for a buffer of another backend
 * @throws ArgumentError if the third argument is no object
 * @example
 * const x = fromBuffer(backend, backend.fromTf(mine), { shape: mine.shape, dtype: "float32" });
 */
export function fromBuffer<H extends object>(backend: Backend<H>, buffer: H, meta: Meta): Tensor {
  if (typeof meta !== "object" || meta === null)
    throw new ArgumentError("fromBuffer", `the third argument is ${describeValue(meta)}`, "give { shape, dtype }");
  const { shape, dtype } = meta;
  requireShape("fromBuffer", shape);
  requireBackend("fromBuffer", backend);
  const { dtypes } = backend.capabilities;
  if (!dtypes.has(dtype)) {
    const problem = dtype === undefined ? "no dtype is given" : `${backend.name} has no ${dtype}`;
    throw new DTypeError("fromBuffer", problem, `give the buffer's own, one of ${[...dtypes].join(", ")}`);
  }
  requireMeta(buffer, meta);
  requireOwn(backend, buffer, meta);
  return new Tensor(backend, buffer, [...shape], dtype);
}

/** What the data is where no dtype is given. */
function naturalDType(flat: TypedArray | readonly (number | boolean)[]): DType {
  if (!isTypedArray(flat)) {
    const kind = typeof flat[0];
    if (flat.some((value) => typeof value !== kind))
      throw new DTypeError("tensor", "booleans and numbers are mixed", "give one kind, or a dtype");
    return kind === "boolean" ? "bool" : "float32";
  }
  const dtype = dtypeOf(flat);
  const number = dtype === "bool" ? flat.find((value) => value > 1) : undefined;
  if (number === undefined) return dtype;
  throw new DTypeError(
    "tensor",
    `a Uint8Array is bool, 0 and 1, and this one holds ${number}`,
    'for numbers give their dtype: tensor(data, { dtype: "float32" })',
  );
}

function requireInInt32(flat: TypedArray | readonly (number | boolean)[]): void {
  for (const value of flat) {
    const whole = Math.trunc(Number(value));
    if (whole !== (whole | 0)) throw new DTypeError("tensor", `${value} is no int32`, "use float32 or float64");
  }
}

/**
 * A tensor of given numbers: a typed array, a number, or arrays nested as deep as there are dimensions.
 * The dtype is the typed array's own (a Uint8Array is bool, and holds 0 and 1), bool for booleans, else float32. To int32,
 * fractions are cut off.
 *
 * @throws ShapeError if arrays are ragged or do not fill `shape`
 * @throws DTypeError for a dtype that does not exist, numbers where bool is meant, and numbers that are no int32
 * @example
 * tensor([[1, 2, 3], [4, 5, 6]]); // [2, 3] float32
 * tensor(new Int32Array(6), { shape: [2, 3] });
 */
export function tensor(data: TypedArray | NestedArray, options: TensorOptions = {}): Tensor {
  requireKnownOptions("tensor", options, ["shape", ...createOptions]);
  const backend = backendFor("tensor", options.backend);
  let flat: TypedArray | (number | boolean)[];
  let natural: Shape;
  if (isTypedArray(data)) {
    flat = data;
    natural = [data.length];
  } else {
    natural = shapeOfNested(data);
    flat = flattenNested(data, natural);
  }
  const shape = options.shape ?? natural;
  requireShape("tensor", shape);
  if (sizeOf(shape) !== flat.length) {
    throw new ShapeError("tensor", `${flat.length} numbers do not fill ${formatShape(shape)}`, `give ${sizeOf(shape)}`);
  }
  const dtype = options.dtype ?? naturalDType(flat);
  requireDType("tensor", dtype);
  let host: TypedArray;
  if (isTypedArray(flat) && dtypeOf(flat) === dtype) host = flat;
  else {
    host = allocate(dtype, flat.length);
    for (let i = 0; i < flat.length; i++)
      host[i] = dtype === "bool" ? Number(flat[i] !== 0 && flat[i] !== false) : Number(flat[i]);
    if (dtype === "int32") requireInInt32(flat);
  }
  return finish("tensor", new Tensor(backend, backend.upload(host, shape, dtype), shape, dtype), options.requiresGrad);
}

function filled(op: string, shape: Shape, value: number, options: CreateOptions): Tensor {
  requireShape(op, shape);
  requireKnownOptions(op, options, createOptions);
  const { dtype = "float32", requiresGrad } = options;
  requireDType(op, dtype);
  const backend = backendFor(op, options.backend);
  return finish(op, create("fill", backend, { shape, value, dtype }), requiresGrad);
}

/**
 * One value everywhere. Of the given shape.
 *
 * @example
 * full([2, 2], 7).toArray(); // [[7, 7], [7, 7]]
 */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  return filled("full", shape, value, options);
}

/**
 * Zeros of the given shape; float32 unless told otherwise.
 *
 * @example
 * zeros([2, 3], { dtype: "int32" }).shape; // [2, 3]
 */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled("zeros", shape, 0, options);
}

/**
 * Ones of the given shape; float32 unless told otherwise.
 *
 * @example
 * ones([2, 3]).sum().item(); // 6
 */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled("ones", shape, 1, options);
}

/** One value everywhere, with the shape, dtype and backend of `x`. */
export function fullLike(x: Tensor, value: number): Tensor {
  return full(x.shape, value, { dtype: x.dtype, backend: x.backend });
}

/** Zeros of the shape and dtype of x, on its backend. */
export function zerosLike(x: Tensor): Tensor {
  return fullLike(x, 0);
}

/** Ones of the shape and dtype of x, on its backend. */
export function onesLike(x: Tensor): Tensor {
  return fullLike(x, 1);
}

/**
 * start, start + step, ... below (for a negative step: above) end. `arange(end)` starts at 0. int32 needs whole numbers. 1-d, float32 unless told otherwise.
 *
 * @throws ArgumentError for a step of 0, or for bounds that are not finite
 * @throws DTypeError for fractions in int32
 * @example
 * arange(0, 10, 4).toArray(); // [0, 4, 8]
 */
export function arange(start: number, end?: number, step = 1, options: CreateOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const length = Math.ceil((to - from) / step);
  if (!Number.isFinite(length))
    throw new ArgumentError(
      "arange",
      `from ${describeValue(from)} to ${describeValue(to)} by ${describeValue(step)}`,
      "use finite numbers and a step other than 0",
    );
  const { dtype = "float32", requiresGrad } = options;
  requireDType("arange", dtype);
  const backend = backendFor("arange", options.backend);
  if (dtype === "int32" && !(Number.isInteger(from) && Number.isInteger(step)))
    throw new DTypeError("arange", `from ${from} by ${step} is not whole`, "use float32, or whole numbers");
  if (isTracing(backend)) {
    // a list of numbers would fix a length that has a name
    const index = create("iota", backend, { length: Math.max(0, length), dtype });
    const scaled = step === 1 ? index : mul(index, step);
    return finish("arange", from === 0 ? scaled : add(scaled, from), requiresGrad);
  }
  const host = allocate(dtype, Math.max(0, length));
  for (let i = 0; i < host.length; i++) host[i] = from + i * step;
  return finish("arange", tensor(host, { backend }), requiresGrad);
}

/**
 * `count` numbers evenly spaced from start to end, both included. 1-d.
 *
 * @throws ArgumentError unless count is an integer of 0 or more
 * @example
 * linspace(0, 1, 5).toArray(); // [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace(
  start: number,
  end: number,
  count: number,
  { dtype = "float32", backend: given, requiresGrad }: CreateOptions = {},
): Tensor {
  requireDType("linspace", dtype);
  const backend = backendFor("linspace", given);
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError("linspace", `${describeValue(count)} numbers`, "use a non-negative integer");
  const host = allocate(dtype, count);
  for (let i = 0; i < count; i++)
    host[i] = i === count - 1 && count > 1 ? end : start + (i * (end - start)) / Math.max(1, count - 1);
  return finish("linspace", tensor(host, { backend }), requiresGrad);
}

/**
 * The identity matrix [n, n].
 *
 * @throws ShapeError unless n is an integer of 0 or more
 * @example
 * eye(2).toArray(); // [[1, 0], [0, 1]]
 */
export function eye(n: number, { dtype = "float32", backend: given, requiresGrad }: CreateOptions = {}): Tensor {
  if (!Number.isInteger(n) || n < 0)
    throw new ShapeError("eye", `size ${describeValue(n)}`, "give one whole number of 0 or more");
  requireDType("eye", dtype);
  const backend = backendFor("eye", given);
  const index = create("iota", backend, { length: n, dtype: "int32" });
  return finish("eye", cast(equal(unsqueeze(index, 1), index), dtype), requiresGrad);
}

function draw(
  op: string,
  shape: Shape,
  next: (generator: Generator) => number,
  options: RandomOptions,
  fractions: boolean,
): Tensor {
  requireShape(op, shape);
  requireKnownOptions(op, options, ["generator", ...createOptions]);
  const { dtype = "float32", generator = defaultGenerator(), requiresGrad } = options;
  requireDType(op, dtype);
  const backend = backendFor(op, options.backend);
  if (isTracing(backend)) {
    throw new GraphError(
      op,
      "random numbers drawn while tracing would be the same on every run",
      "draw them outside and pass them as an input",
    );
  }
  if (fractions && !isFloat(dtype)) throw new DTypeError(op, `${dtype} holds no fractions`, "use float32 or float64");
  const host = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < host.length; i++) host[i] = next(generator);
  return finish(op, new Tensor(backend, backend.upload(host, shape, dtype), shape, dtype), requiresGrad);
}

/**
 * Uniform in [low, high); default [0, 1). Of the given shape.
 *
 * @example
 * const x = rand([2, 3], { low: -1, high: 1 });
 */
export function rand(
  shape: Shape,
  { low = 0, high = 1, ...options }: RandomOptions & { readonly low?: number; readonly high?: number } = {},
): Tensor {
  return draw("rand", shape, (g) => low + (high - low) * g.uniform(), options, true);
}

/**
 * Normal; default mean 0 and standard deviation 1. Of the given shape.
 *
 * @example
 * const x = randn([2, 3], { std: 0.1 });
 */
export function randn(
  shape: Shape,
  { mean = 0, std = 1, ...options }: RandomOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  return draw("randn", shape, (g) => mean + std * g.normal(), options, true);
}

/**
 * 1 with probability p, else 0; float32 unless told otherwise. Of the given shape.
 *
 * @throws ArgumentError unless 0 <= p <= 1
 * @example
 * const mask = bernoulli([2, 3], 0.5); // zeros and ones
 */
export function bernoulli(shape: Shape, p: number, options: RandomOptions = {}): Tensor {
  if (!(p >= 0 && p <= 1))
    throw new ArgumentError("bernoulli", `probability ${describeValue(p)}`, "use a number from 0 to 1");
  return draw("bernoulli", shape, (g) => (g.uniform() < p ? 1 : 0), options, false);
}

/**
 * Whole numbers, low <= n < high; int32 unless told otherwise. Of the given shape.
 *
 * @example
 * const dice = randint(1, 7, [10]); // 1 to 6
 */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  return draw("randint", shape, (g) => g.integer(low, high), { dtype: "int32", ...options }, false);
}
