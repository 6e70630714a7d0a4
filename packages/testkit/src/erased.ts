import {
  type Backend,
  type FusedOp,
  type Meta,
  type Op,
  type PrimitiveOp,
  table,
  type UpdateOp,
} from "@unrolled/backend";
import type { Place } from "./assert/compare.js";
import { ConformanceError } from "./assert/conformance-error.js";
import { described } from "./assert/described.js";
import { checkHandles } from "./assert/handles.js";

/** A call whose op is known only at run time. */
export interface ErasedCall {
  readonly attrs: object;
  readonly in: readonly (Meta | null)[];
  readonly out: readonly (Meta | null)[];
}

export type Handles = readonly (object | null)[];
export type ErasedKernel = (inputs: Handles, call: ErasedCall) => Handles;

export interface ErasedFusedKernel {
  accepts(call: ErasedCall): boolean;
  forward(inputs: Handles, call: ErasedCall, save: boolean): { readonly out: Handles; readonly reserve?: unknown };
  backward(
    cotangents: Handles,
    inputs: Handles,
    outputs: Handles,
    reserve: unknown,
    call: ErasedCall,
    wanted: readonly boolean[],
  ): Handles;
  release(reserve: unknown): void;
}

interface ErasedRow {
  infer(inputs: readonly (Meta | null)[], attrs: object): readonly (Meta | null)[];
}

export function inferErased(op: Op, inputs: readonly (Meta | null)[], attrs: object): readonly (Meta | null)[] {
  return (table[op] as unknown as ErasedRow).infer(inputs, attrs);
}

/** Raises where the backend has none. */
export function primitiveKernel(backend: Backend, op: PrimitiveOp, place: Place): ErasedKernel {
  const kernels = backend.kernels as unknown as Record<string, ErasedKernel>;
  if (typeof kernels[op] !== "function") {
    const problem = kernels[op] === undefined ? "is missing" : `is ${described(kernels[op])}, not a function`;
    throw new ConformanceError({ ...place, check: "contract", problem: `kernels.${op} ${problem}` });
  }
  return (inputs, call) => checkHandles(place, "the kernel", kernels[op](inputs, call));
}

/** Raises where a call of it gives no buffers; undefined where the backend offers none. */
export function updateKernel(backend: Backend, op: UpdateOp, place: Place): ErasedKernel | undefined {
  const kernels = backend.updates as unknown as Record<string, ErasedKernel | undefined> | undefined;
  const kernel = kernels?.[op];
  return kernel && ((inputs, call) => checkHandles(place, "the kernel", kernel.call(kernels, inputs, call)));
}

export function fusedKernel(backend: Backend, op: FusedOp): ErasedFusedKernel | undefined {
  const kernels = backend.fused as unknown as Record<string, ErasedFusedKernel | undefined> | undefined;
  return kernels?.[op];
}

/** A call whose every part is frozen, so that a kernel that writes to it is found out. */
export function frozenCall(op: Op, inputs: readonly (Meta | null)[], attrs: object): ErasedCall {
  const metas = inputs.map(frozenMeta);
  const out = inferErased(op, metas, attrs).map(frozenMeta);
  const frozenAttrs = Object.fromEntries(
    Object.entries(attrs).map(([name, value]) => [name, Array.isArray(value) ? Object.freeze([...value]) : value]),
  );
  return Object.freeze({ attrs: Object.freeze(frozenAttrs), in: Object.freeze(metas), out: Object.freeze(out) });
}

function frozenMeta(meta: Meta | null): Meta | null {
  return meta && Object.freeze({ shape: Object.freeze([...meta.shape]), dtype: meta.dtype });
}
