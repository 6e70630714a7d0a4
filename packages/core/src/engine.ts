import {
  ArgumentError,
  type Attrs,
  type Backend,
  BackendError,
  type DType,
  GraphError,
  type PrimitiveOp,
  type Shape,
} from "@unrolled/backend";
import { refuseNoTensor } from "./arguments.js";
import { inputsToSave } from "./autograd/saves.js";
import { TapeNode } from "./autograd/tape.js";
import { isTracing } from "./graph/tracing-mark.js";
import { type Primitive, primitives } from "./primitives.js";
import type { Tensor } from "./tensor.js";

type TensorConstructor = new (backend: Backend, buffer: object, shape: Shape, dtype: DType) => Tensor;

let TensorClass: TensorConstructor;

/** Set once by the Tensor class, which imports the ops that import this engine. */
export function registerTensorClass(tensorClass: TensorConstructor): void {
  TensorClass = tensorClass;
}

export function makeTensor(backend: Backend, buffer: object, shape: Shape, dtype: DType): Tensor {
  return new TensorClass(backend, buffer, shape, dtype);
}

let gradEnabled = true;

/** Whether operations are recorded: false inside `noGrad`. */
export function isGradEnabled(): boolean {
  return gradEnabled;
}

/** Runs `fn` with recording switched on or off, and restores what was before. */
export function withGrad<R>(enabled: boolean, fn: () => R): R {
  const before = gradEnabled;
  gradEnabled = enabled;
  try {
    return fn();
  } finally {
    gradEnabled = before;
  }
}

/** Raises for what is no function, which only plain JavaScript can pass. */
export function requireFunction(op: string, fn: unknown): void {
  if (typeof fn === "function") return;
  const got = fn === undefined || fn === null ? String(fn) : `a value of type ${typeof fn}`;
  throw new ArgumentError(op, `got ${got} where a function goes`, `give one: ${op}(() => ...)`);
}

/** Raises if a function that must be synchronous returned a Promise: the rest of it would run outside. */
export function refusePromise<R>(op: string, result: R): R {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === "function") {
    throw new ArgumentError(op, "the function returned a Promise", "make it synchronous and await outside");
  }
  return result;
}

/**
 * Runs a synchronous function without recording for gradients.
 *
 * @throws ArgumentError if `fn` is asynchronous, or no function
 * @example
 * const prediction = noGrad(() => model.forward(x));
 */
export function noGrad<R>(fn: () => R): R {
  requireFunction("noGrad", fn);
  return refusePromise("noGrad", withGrad(false, fn));
}

/** Refuses an operand that is no tensor, or not on `a`. */
export function requireSameBackend(op: string, a: Backend, operand: Tensor): void {
  const b = (operand as Tensor | null | undefined)?.backend;
  if (b === undefined) refuseNoTensor(op, operand);
  if (a === b) return;
  if (isTracing(a) || isTracing(b)) {
    throw new GraphError(
      op,
      `a tensor on ${isTracing(a) ? b.name : a.name} is used inside a traced function that does not list it`,
      "pass it as an input, or list it in `state` or `constants`",
    );
  }
  throw new BackendError(op, `tensors live on two backends, ${a.name} and ${b.name}`, "move one: await x.to(backend)");
}

export function bufferOf(op: string, tensor: Tensor): object {
  const buffer = tensor.buffer;
  if (buffer === null) {
    if (tensor.away) throw new BackendError(op, tensor.away.reason, tensor.away.remedy);
    throw new BackendError(
      op,
      "a tensor was used after it was disposed of",
      "keep it: return it from its scope, or do not dispose of it yet",
    );
  }
  return buffer;
}

/** Whether an op over these tensors must be recorded. */
export function isRecording(inputs: readonly (Tensor | null)[]): boolean {
  if (!gradEnabled) return false;
  for (let i = 0; i < inputs.length; i++) if (inputs[i]?.requiresGrad) return true;
  return false;
}

/** Runs one primitive with one or more inputs, and records it where a gradient may be asked for. */
export function run<K extends PrimitiveOp>(op: Primitive<K>, inputs: readonly Tensor[], attrs: Attrs<K>): Tensor {
  const backend = (inputs[0] as Tensor | null | undefined)?.backend;
  if (backend === undefined) refuseNoTensor(op.name, inputs[0]);
  const count = inputs.length;
  const buffers = new Array<object>(count);
  let records = false;
  for (let i = 0; i < count; i++) {
    const input = inputs[i];
    if (input?.backend !== backend) requireSameBackend(op.name, backend, input);
    buffers[i] = input.lentBuffer ?? bufferOf(op.name, input);
    if (input.requiresGrad) records = gradEnabled;
  }
  const { infer } = op;
  const out = infer(inputs, attrs);
  const kernel = op.kernelOn(backend);
  const results = kernel(buffers, { attrs, in: inputs, out });
  const meta = out[0];
  const made = results[0];
  for (let i = 0; i < count; i++) if (made === buffers[i]) inputs[i].share();
  const result = new TensorClass(backend, made, meta.shape, meta.dtype);
  if (records && op.saves !== "never") {
    const { saves } = op;
    const node = new TapeNode(op.name, attrs, inputs, null, op.index);
    if (saves.inputs !== "none") node.saveInputs(inputsToSave(saves.inputs, inputs));
    if (saves.output) node.savedOutputs = [result];
    node.produce(result, 0);
  }
  return result;
}

/** `run` for a primitive that is known by name alone. */
export function apply<K extends PrimitiveOp>(op: K, inputs: readonly Tensor[], attrs: Attrs<K>): Tensor {
  return run(primitives[op] as Primitive<K>, inputs, attrs);
}

const nothing: readonly never[] = Object.freeze([]);

/** Runs `fill` or `iota`, which have no inputs to tell the backend. */
export function create<K extends "fill" | "iota">(op: K, backend: Backend, attrs: Attrs<K>): Tensor {
  const primitive: Primitive = primitives[op];
  const { infer } = primitive;
  const out = infer(nothing, attrs);
  const kernel = primitive.kernelOn(backend);
  const results = kernel(nothing, { attrs, in: nothing, out });
  return new TensorClass(backend, results[0], out[0].shape, out[0].dtype);
}
