import {
  type Attrs,
  type Backend,
  type DType,
  formatShape,
  type HostTensor,
  type In,
  type Meta,
  type PrimitiveOp,
} from "@unrolled/backend";
import { precisionOf, toleranceOf } from "../assert/tolerance.js";
import { frozenCall, inferErased, primitiveKernel } from "../erased.js";
import { primitiveReferences } from "../reference/primitives.js";
import { type Values, valuesOf } from "../reference/values.js";
import type { ConformanceCase } from "./case.js";
import { runKernel } from "./run-kernel.js";

/** One call of a primitive. */
export interface OpCase<K extends PrimitiveOp = PrimitiveOp> {
  readonly op: K;
  /** What tells it from other calls of the op: dtype, shapes, attributes. */
  readonly label: string;
  readonly inputs: In<K, HostTensor>;
  readonly attrs: Attrs<K>;
  /** Results written down by hand, where the op table states them; else the reference gives them. */
  readonly expected?: readonly number[];
  /** Length of the sums in a result, which widens the tolerance. Default: 1. */
  readonly terms?: number;
  /** Asks only backends with this capability `checksIndices`. */
  readonly checksIndices?: boolean;
}

/** What the reference says of a call, not yet rounded to the dtype. */
export function referenceOf(c: OpCase): Float64Array {
  const inputs = (c.inputs as readonly HostTensor[]).map(valuesOf);
  const out = inferErased(c.op, inputs, c.attrs)[0] as Meta;
  const reference = primitiveReferences[c.op] as unknown as (
    inputs: readonly Values[],
    attrs: object,
    out: Meta,
  ) => Float64Array;
  return reference(inputs, c.attrs, out);
}

export function toConformanceCase(c: OpCase): ConformanceCase {
  const name = `${c.op} ${c.label}`;
  const inputs = c.inputs as readonly HostTensor[];
  return {
    name,
    op: c.op,
    dtype: dtypeOfCase(c),
    inapplicable(backend) {
      if (c.checksIndices !== undefined && backend.capabilities.checksIndices !== c.checksIndices) {
        return c.checksIndices ? "it does not look at indices" : "it refuses indices out of range";
      }
      return missingDType(backend, [...inputs, ...inferErased(c.op, inputs, c.attrs)]);
    },
    async run({ backend }) {
      const call = frozenCall(c.op, inputs, c.attrs);
      const tolerance = toleranceOf((call.out[0] as Meta).dtype, precisionOf[c.op], c.terms);
      const place = { op: c.op, case: name };
      const kernel = primitiveKernel(backend, c.op, place);
      await runKernel(backend, {
        place,
        inputs,
        out: call.out,
        expected: [{ values: c.expected ?? referenceOf(c), tolerance }],
        invoke: (handles) => kernel(handles, call),
      });
    },
  };
}

/** The dtype of a call's first input, or of what it makes. */
export function dtypeOfCase(c: OpCase): DType {
  const inputs = c.inputs as readonly HostTensor[];
  return inputs.length > 0 ? inputs[0].dtype : (inferErased(c.op, inputs, c.attrs)[0] as Meta).dtype;
}

/** Why a backend cannot hold these tensors, or `null`. */
export function missingDType(backend: Backend, metas: readonly (Meta | null)[]): string | null {
  return missingFrom(backend.capabilities.dtypes, metas);
}

/** Why tensors cannot be held by what has these dtypes, or `null`. */
export function missingFrom(dtypes: ReadonlySet<DType>, metas: readonly (Meta | null)[]): string | null {
  for (const meta of metas) if (meta && !dtypes.has(meta.dtype)) return `it has no ${meta.dtype}`;
  return null;
}

/** `float32 [3, 5] [5]` */
export function describeInputs(dtype: DType, ...shapes: readonly (readonly number[])[]): string {
  return [dtype, ...shapes.map(formatShape)].join(" ");
}
