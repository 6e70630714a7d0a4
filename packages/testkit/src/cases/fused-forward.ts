import type { Backend, DType, FusedOp, HostTensor } from "@unrolled/backend";
import { checkForward } from "../assert/handles.js";
import { toleranceOf } from "../assert/tolerance.js";
import { type ErasedFusedKernel, frozenCall, fusedKernel } from "../erased.js";
import type { ErasedReference } from "../reference/central-differences.js";
import { fusedReferences } from "../reference/fused.js";
import { valuesOf } from "../reference/values.js";
import type { ConformanceCase } from "./case.js";
import {
  type FusedCall,
  flavours,
  linearCalls,
  type SequenceVariant,
  type Sizes,
  sequenceCall,
} from "./fused-calls.js";
import { normalisedCalls } from "./normalised-calls.js";
import { missingDType } from "./op-case.js";
import { runKernel } from "./run-kernel.js";
import { floats } from "./shapes.js";

export function fusedReference(op: FusedOp): ErasedReference {
  return fusedReferences[op] as unknown as ErasedReference;
}

/** The kernel, of which `refusedByFused` has seen that it is there. */
export function offered(backend: Backend, op: FusedOp): ErasedFusedKernel {
  const kernel = fusedKernel(backend, op);
  if (!kernel) throw new TypeError(`${backend.name} has no ${op}`);
  return kernel;
}

/** Why a backend is not asked for a fused call, or `null`. */
export function refusedByFused(backend: Backend, c: FusedCall): string | null {
  const kernel = fusedKernel(backend, c.op);
  if (!kernel) return `it offers no ${c.op}`;
  const inputs = c.inputs as readonly (HostTensor | null)[];
  const call = frozenCall(c.op, inputs, c.attrs);
  return missingDType(backend, inputs) ?? (kernel.accepts(call) ? null : "it does not accept the call");
}

function forwardCase(c: FusedCall): ConformanceCase {
  const name = `${c.op} forward ${c.label}`;
  const inputs = c.inputs as readonly (HostTensor | null)[];
  return {
    name,
    op: c.op,
    dtype: inputs[0]?.dtype ?? null,
    inapplicable: (backend) => refusedByFused(backend, c),
    async run({ backend }) {
      const call = frozenCall(c.op, inputs, c.attrs);
      const kernel = offered(backend, c.op);
      const values = fusedReference(c.op)(
        inputs.map((x) => x && valuesOf(x)),
        c.attrs,
      );
      const expected = call.out.map((meta, i) => {
        const output = values[i];
        return meta && output && { values: output, tolerance: toleranceOf(meta.dtype, "sequence") };
      });
      const place = { op: c.op, case: name };
      const forward = (handles: readonly (object | null)[]): readonly (object | null)[] =>
        checkForward(place, kernel.forward(handles, call, false)).out;
      await runKernel(backend, { place, inputs, out: call.out, expected, invoke: forward });
    },
  };
}

const oddSizes: readonly Sizes[] = [
  { T: 1, B: 1, I: 1, H: 1 },
  { T: 1, B: 3, I: 5, H: 7 },
  { T: 3, B: 1, I: 5, H: 7 },
  { T: 7, B: 5, I: 3, H: 17 },
  { T: 3, B: 2, I: 17, H: 33 },
  { T: 2, B: 17, I: 1, H: 3 },
  { T: 2, B: 0, I: 3, H: 5 },
];

const middle: Sizes = { T: 5, B: 4, I: 7, H: 5 };

function sequenceVariants(): SequenceVariant[] {
  const directions = [false, true];
  return [
    ...oddSizes.flatMap((sizes) => directions.map((reverse) => ({ sizes, reverse }))),
    ...oddSizes.map((sizes) => ({ sizes, reverse: true, lengths: "mixed" as const })),
    ...directions.flatMap((reverse) =>
      (["absent", "full", "mixed", "zero"] as const).flatMap((lengths) =>
        (["both", "input", "hidden", "none"] as const).map((biases) => ({ sizes: middle, reverse, lengths, biases })),
      ),
    ),
  ];
}

/** The forward calls of one dtype, the same for backends and runners. */
export function forwardCalls(dtype: DType): FusedCall[] {
  const variants = sequenceVariants();
  return [
    ...(linearCalls(dtype) as unknown as FusedCall[]),
    ...normalisedCalls(dtype),
    ...flavours.flatMap((flavour) => variants.map((variant) => sequenceCall(flavour, dtype, variant))),
  ];
}

/** Whole ops against the naive reference's forward pass. */
export function fusedForwardCases(): ConformanceCase[] {
  return floats.flatMap((dtype) => forwardCalls(dtype).map(forwardCase));
}
