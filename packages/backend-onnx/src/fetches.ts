import {
  ArgumentError,
  DTypeError,
  dtypeOf,
  formatShape,
  type HostTensor,
  ShapeError,
  sameShape,
  sizeOf,
  type TypedArray,
} from "@unrolled/backend";
import type { Tensor } from "onnxruntime-node";
import type { Tensors } from "./engine.js";
import { isNumberArray } from "./file-dtype.js";
import type { TensorSpec } from "./model-file.js";
import { hostTensorOf, release } from "./output-value.js";

/** An array or host tensor to be filled; null for a new one. */
export type FetchTarget = TypedArray | HostTensor | null;

/** The names of the outputs to compute, or those with what to put each into. */
export type Fetches = readonly string[] | Readonly<Record<string, FetchTarget>>;

/** One output that was asked for. */
interface Fetch {
  readonly spec: TensorSpec;
  readonly target: TypedArray | null;
  /** Given with a host tensor. */
  readonly shape: readonly number[] | null;
}

/** Checks what was asked for. All outputs, in new arrays, when nothing was. */
export function planFetches(op: string, outputs: readonly TensorSpec[], fetches: Fetches | undefined): Fetch[] {
  if (fetches === undefined) return outputs.map((spec) => ({ spec, target: null, shape: null }));
  const isList = (given: Fetches): given is readonly string[] => Array.isArray(given);
  const targets = isList(fetches) ? fetches.map((name) => [name, null] as const) : Object.entries(fetches);
  const names = outputs.map(({ name }) => `"${name}"`).join(", ");
  if (targets.length === 0) throw new ArgumentError(op, "fetches is empty", `name some of ${names}, or leave it out`);
  return targets.map(([name, given]) => {
    const spec = outputs.find((output) => output.name === name);
    if (!spec) throw new ArgumentError(op, `output "${name}" does not exist`, `the outputs are ${names}`);
    if (given === null) return { spec, target: null, shape: null };
    const { target, shape } = unwrap(op, name, given);
    return { spec, target, shape };
  });
}

function unwrap(
  op: string,
  name: string,
  given: TypedArray | HostTensor,
): { target: TypedArray; shape: readonly number[] | null } {
  if (isNumberArray(given)) return { target: given, shape: null };
  if (typeof given !== "object" || !isNumberArray(given.data) || !Array.isArray(given.shape)) {
    throw new ArgumentError(op, `fetches.${name} is no array`, "give a typed array, a host tensor, or null");
  }
  if (given.data.length !== sizeOf(given.shape)) {
    const problem = `fetches.${name} ${formatShape(given.shape)} holds ${given.data.length} elements`;
    throw new ShapeError(op, problem, `give ${sizeOf(given.shape)}`);
  }
  return { target: given.data, shape: given.shape };
}

function wrongLength(op: string, name: string, shape: readonly number[], target: TypedArray): ShapeError {
  const problem = `output "${name}" is ${formatShape(shape)}, fetches.${name} has ${target.length} elements`;
  return new ShapeError(op, problem, `give ${sizeOf(shape)}`);
}

/**
 * The results on the host, in the arrays that were given for them. They are copied there: onnxruntime-web leaves arrays that it
 * is told to fill as they were, and onnxruntime-node fills them, but allocates a copy as well.
 */
export async function collect(
  op: string,
  plan: readonly Fetch[],
  results: Tensors,
): Promise<Record<string, HostTensor>> {
  const collected: Record<string, HostTensor> = {};
  for (const fetch of plan) {
    const { name } = fetch.spec;
    collected[name] = await collectOne(op, fetch, results[name]);
    release(results[name]);
  }
  return collected;
}

async function collectOne(op: string, { spec, target, shape }: Fetch, result: Tensor): Promise<HostTensor> {
  const fresh = await hostTensorOf(op, spec.name, spec.dtype, result);
  if (!target) return fresh;
  const widened = fresh.dtype === "int32" && target instanceof Float64Array;
  if (dtypeOf(target) !== fresh.dtype && !widened) {
    throw new DTypeError(
      op,
      `output "${spec.name}" comes as ${fresh.dtype}, fetches.${spec.name} is a ${target.constructor.name}`,
      `give an array for ${fresh.dtype}`,
    );
  }
  if (shape ? !sameShape(shape, fresh.shape) : target.length !== fresh.data.length) {
    throw wrongLength(op, spec.name, fresh.shape, target);
  }
  target.set(fresh.data);
  return { data: target, shape: fresh.shape, dtype: dtypeOf(target) };
}
