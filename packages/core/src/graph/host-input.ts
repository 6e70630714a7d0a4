import {
  ArgumentError,
  allocate,
  type Backend,
  type DType,
  dtypeOf,
  GraphError,
  type HostTensor,
  requireKnownOptions,
  type Shape,
  ShapeError,
  sizeOf,
} from "@unrolled/backend";
import { requireDType } from "../arguments.js";
import { backendFor } from "../default-backend.js";
import { Tensor } from "../tensor.js";
import type { HostInputRule, MakeHostData, Tracer } from "./tracer.js";
import { tracerOf } from "./tracing-mark.js";

/** Options of `hostInput`. */
export interface HostInputOptions extends HostInputRule {
  /** What the input is called in a traced graph, such as "Adam.lr". Inputs of one name are the same. */
  readonly name: string;
  /** Default float32. */
  readonly dtype?: DType;
  /** Default: the default backend. */
  readonly backend?: Backend;
  /** In a plain `trace`, take the number as it is now for all runs. Default false: raise. */
  readonly mayFreeze?: boolean;
}

const known = ["name", "dtype", "backend", "mayFreeze", "fromStep", "rate", "bernoulli"];

/** What `make` gave, as the elements of a tensor. */
export function makeHostTensor(name: string, make: MakeHostData, shape: Shape, dtype: DType): HostTensor {
  const made = make(shape);
  const data = typeof made === "number" ? allocate(dtype, sizeOf(shape)).fill(made) : made;
  if (data.length !== sizeOf(shape))
    throw new ShapeError("hostInput", `${name} got ${data.length} numbers`, `give ${sizeOf(shape)}, or one number`);
  if (dtypeOf(data) !== dtype)
    throw new ArgumentError("hostInput", `${name} got ${dtypeOf(data)} for ${dtype}`, "give the dtype's typed array");
  return { data, shape, dtype };
}

/**
 * A tensor that the host computes: a learning rate, a dropout mask. In a compiled step it is computed anew for every run, where
 * any other number would stay as it was when the step was traced.
 *
 * @param make gives the elements, row-major, or one number for all; gets the shape
 * @throws GraphError inside `trace`, which has nobody to compute it on later runs, and in a step of a traced scan
 * @example
 * const rate = hostInput(() => optimizer.paramGroups[0].lr, [], { name: "lr" });
 */
export function hostInput(make: MakeHostData, shape: Shape, options: HostInputOptions): Tensor {
  requireKnownOptions("hostInput", options, known);
  const { name, dtype = "float32", backend: given, mayFreeze = false, ...rule } = options;
  requireDType("hostInput", dtype);
  const backend = backendFor("hostInput", given);
  const tracer = tracerOf(backend);
  if (tracer === null || (mayFreeze && !tracer.served)) {
    const { data } = makeHostTensor(name, make, shape, dtype);
    return new Tensor(backend, backend.upload(data, shape, dtype), shape, dtype);
  }
  requireServed(tracer, name);
  return new Tensor(tracer, tracer.hostInput(name, { shape, dtype }, make, rule), shape, dtype);
}

/**
 * A name for host inputs that no other owner has in the same compiled step: `name`, or `name_1` and so on. The same owner gets the
 * same one again.
 *
 * @param like a tensor of the step
 * @example
 * hostInput((shape) => new Float32Array(shape[0]).fill(1), x.shape, { name: hostName(x, "Dropout.mask", {}), backend: x.backend }); // one for each call
 */
export function hostName(like: Tensor, name: string, owner: object): string {
  const { backend } = like;
  return tracerOf(backend)?.claimName(name, owner) ?? name;
}

/**
 * Calls `fn` now; in a compiled step after each run instead. For what the host counts beside the tensors. `like` may have any shape: its backend tells whether a step is being traced.
 *
 * @param like a tensor of the step
 * @example
 * let steps = 0;
 * afterRun(x, () => { steps += 1; });
 */
export function afterRun(like: Tensor, fn: () => void): void {
  const tracer = tracerOf(like.backend);
  if (tracer === null) fn();
  else if (tracer.served) tracer.afterRun.push(fn);
}

function requireServed(tracer: Tracer, name: string): void {
  if (tracer.served) return;
  throw new GraphError(
    "trace",
    `${name} changes from run to run and would be frozen in the traced graph`,
    "use compile(step, ...), which computes it for every run; or pass it as an input",
  );
}
