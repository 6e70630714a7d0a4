import { type Attrs, type Op, type PrimitiveOp, sameShape, type TypedArray } from "@unrolled/backend";
import type { ErasedCall, Values } from "./bound.js";
import { Value } from "./value.js";
import { aliasOf } from "./views.js";

export type Kernels = { readonly [K in PrimitiveOp]: unknown };
type AnyKernel = (inputs: readonly TypedArray[], call: ErasedCall) => readonly TypedArray[];

/** What is larger is computed on every run, as every combination of sizes keeps its own results. */
const mostFolded = 4096;
/** Depend on the elements of an input, which may be out of range, so that they must run when their time comes. */
const mayRaise: ReadonlySet<Op> = new Set<Op>(["gather", "scatterAdd"]);

/** The result of an op that need not run: computed now, or another value; else null. */
export function simplified(op: Op, attrs: Attrs<Op>, inputs: Values, call: ErasedCall, kernels: Kernels): Value | null {
  return folded(op, inputs, call, kernels) ?? (inputs[0] ? unchanged(op, attrs, inputs, call) : null);
}

function folded(op: Op, inputs: Values, call: ErasedCall, kernels: Kernels): Value | null {
  const kernel = kernels[op as PrimitiveOp] as AnyKernel | undefined;
  const [out] = call.out;
  if (kernel === undefined || out === null || mayRaise.has(op)) return null;
  const data = inputs.map((value) => value?.data ?? null);
  if (data.some((one) => one === null)) return null;
  if (inputs.length > 0 && out.shape.reduce((a, b) => a * b, 1) > mostFolded) return null;
  return Value.constant(out, kernel(data as TypedArray[], call)[0]);
}

function unchanged(op: Op, attrs: Attrs<Op>, inputs: Values, call: ErasedCall): Value | null {
  const [x, y] = inputs as readonly Value[];
  const [out] = call.out;
  if (out === null) return null;
  const same = (value: Value): Value | null => (sameShape(value.shape, out.shape) ? value : null);
  if (op === "mul" && x.uniform === 1) return same(y);
  if ((op === "mul" || op === "div") && y.uniform === 1) return same(x);
  if (op === "sub" && Object.is(y.uniform, 0)) return same(x);
  return aliasOf(op, attrs, x, out);
}
