import { type Backend, type DType, type HostTensor, isFloat, type Meta, type TypedArray } from "@unrolled/backend";
import { checkKind, checkSame, checkValues, type Place } from "../assert/compare.js";
import { ConformanceError } from "../assert/conformance-error.js";
import { checkForward, checkHandles } from "../assert/handles.js";
import { toleranceOf } from "../assert/tolerance.js";
import { type ErasedCall, type ErasedFusedKernel, frozenCall, type Handles } from "../erased.js";
import { random } from "../host.js";
import { centralDifferences } from "../reference/central-differences.js";
import { valuesOf } from "../reference/values.js";
import type { ConformanceCase } from "./case.js";
import {
  dtypeOfFused,
  type FusedCall,
  flavours,
  linearCalls,
  type SequenceVariant,
  type Sizes,
  sequenceCall,
} from "./fused-calls.js";
import { fusedReference, offered, refusedByFused } from "./fused-forward.js";
import { normalisedCalls } from "./normalised-calls.js";
import { balanced, guarded, readBoth, withInputs } from "./run-kernel.js";
import { floats } from "./shapes.js";

/** Which cotangents are given and which gradients are asked for. */
export interface GradientRequest {
  readonly label: string;
  readonly cotangent: (output: number) => boolean;
  readonly wanted: (input: number) => boolean;
}

const everything: GradientRequest = { label: "", cotangent: () => true, wanted: () => true };

const requests: readonly GradientRequest[] = [
  { label: " of y alone", cotangent: (o) => o === 0, wanted: () => true },
  { label: " of the last state h alone", cotangent: (o) => o === 1, wanted: () => true },
  { label: " of the last output alone", cotangent: (o) => o > 0, wanted: (i) => i > 0 },
  { label: " with every other gradient wanted", cotangent: () => true, wanted: (i) => i % 2 === 1 },
  { label: " with the gradient of x alone wanted", cotangent: () => true, wanted: (i) => i === 0 },
  { label: " without cotangents", cotangent: () => false, wanted: () => true },
];

/** One prepared backward pass: host data and what it must give. */
export interface Gradients {
  readonly place: Place;
  readonly inputs: readonly (HostTensor | null)[];
  readonly call: ErasedCall;
  readonly cotangents: readonly (HostTensor | null)[];
  readonly wanted: readonly boolean[];
  readonly expected: readonly (Float64Array | null)[];
  readonly terms: number;
}

/** The gradients that a request must give, and their cotangents. */
export function prepareGradients(c: FusedCall, request: GradientRequest, place: Place): Gradients {
  const inputs = c.inputs as readonly (HostTensor | null)[];
  const call = frozenCall(c.op, inputs, c.attrs);
  const cotangents = call.out.map((meta, o) =>
    meta && request.cotangent(o) ? random(`${place.case} cotangent ${o}`, meta.dtype, meta.shape) : null,
  );
  const wanted = inputs.map((x, i) => x !== null && isFloat(x.dtype) && request.wanted(i));
  const expected = centralDifferences(
    fusedReference(c.op),
    inputs.map((x) => x && valuesOf(x)),
    c.attrs,
    cotangents.map((x) => x && Float64Array.from(x.data)),
    wanted,
  );
  return { place, inputs, call, cotangents, wanted, expected, terms: c.terms };
}

function upload(backend: Backend, tensors: readonly (HostTensor | null)[]): Handles {
  return tensors.map((x) => x && backend.upload(x.data, x.shape, x.dtype));
}

export function freeAll(backend: Backend, handles: Handles): void {
  for (const handle of handles) if (handle) backend.free(handle);
}

/** Compares gradients, frees them, and returns their elements. */
async function checkGradients(
  backend: Backend,
  { place, inputs, wanted, expected, terms }: Gradients,
  given: Handles,
  before?: readonly (TypedArray | null)[],
): Promise<(TypedArray | null)[]> {
  if (given.length !== inputs.length || given.some((gradient, i) => (gradient !== null) !== wanted[i])) {
    const actual = given.map((gradient) => gradient !== null);
    const problem = "the gradients that are present are not those wanted";
    throw new ConformanceError({ ...place, check: "contract", problem, expected: wanted, actual });
  }
  const read: (TypedArray | null)[] = [];
  for (const [i, gradient] of given.entries()) {
    const meta: Meta | null = inputs[i];
    const values = expected[i];
    if (!gradient || !meta || !values) {
      read.push(null);
      continue;
    }
    const what = `the gradient of input ${i}`;
    const data = await readBoth(backend, place, what, gradient, meta);
    checkKind(place, what, data, meta);
    const earlier = before?.[i];
    if (earlier) checkSame(place, "repeat", `${what} of a second call`, data, earlier, meta.shape);
    else checkValues(place, what, data, values, meta, toleranceOf(meta.dtype, "gradient", terms));
    read.push(data);
    backend.free(gradient);
  }
  return read;
}

function backward(
  kernel: ErasedFusedKernel,
  g: Gradients,
  cotangents: Handles,
  inputs: Handles,
  saved: Saved,
): Handles {
  const given = guarded(g.place, () => kernel.backward(cotangents, inputs, saved.out, saved.reserve, g.call, g.wanted));
  return checkHandles(g.place, "backward", given);
}

interface Saved {
  readonly out: Handles;
  readonly reserve?: unknown;
}

function backwardCase(c: FusedCall, request: GradientRequest): ConformanceCase {
  const name = `${c.op} backward ${c.label}${request.label}`;
  return {
    name,
    op: c.op,
    dtype: dtypeOfFused(c),
    inapplicable: (backend) => refusedByFused(backend, c),
    async run({ backend }) {
      const place = { op: c.op, case: name };
      const kernel = offered(backend, c.op);
      const g = prepareGradients(c, request, place);
      await balanced(backend, place, () =>
        withInputs(backend, place, [...g.inputs, ...g.cotangents], async (handles) => {
          const inputs = handles.slice(0, g.inputs.length);
          const cotangents = handles.slice(g.inputs.length);
          const saved = guarded(place, () => checkForward(place, kernel.forward(inputs, g.call, true)));
          const first = await checkGradients(backend, g, backward(kernel, g, cotangents, inputs, saved));
          const again = backward(kernel, g, cotangents, inputs, saved);
          await checkGradients(backend, g, again, backend.capabilities.deterministic ? first : undefined);
          kernel.release(saved.reserve);
          freeAll(backend, saved.out);
        }),
      );
    },
  };
}

/** Two forward passes before the first backward: a reserve must not be overwritten by a later call. */
function twoReservesCase(first: FusedCall, second: FusedCall): ConformanceCase {
  const name = `${first.op} backward ${first.label} with two reserves alive`;
  return {
    name,
    op: first.op,
    dtype: dtypeOfFused(first),
    inapplicable: (backend) => refusedByFused(backend, first) ?? refusedByFused(backend, second),
    async run({ backend }) {
      const place = { op: first.op, case: name };
      const kernel = offered(backend, first.op);
      await balanced(backend, place, async () => {
        const passes = [first, second, first].map((c) => {
          const g = prepareGradients(c, everything, place);
          const inputs = upload(backend, g.inputs);
          const cotangents = upload(backend, g.cotangents);
          return {
            g,
            inputs,
            cotangents,
            saved: guarded(place, () => checkForward(place, kernel.forward(inputs, g.call, true))),
          };
        });
        for (const { g, inputs, cotangents, saved } of [passes[0], passes[2], passes[1]]) {
          await checkGradients(backend, g, backward(kernel, g, cotangents, inputs, saved));
          kernel.release(saved.reserve);
          for (const handles of [inputs, cotangents, saved.out]) freeAll(backend, handles);
        }
      });
    },
  };
}

const small: Sizes = { T: 4, B: 3, I: 2, H: 5 };
const other: Sizes = { T: 2, B: 4, I: 2, H: 5 };

const variants: readonly SequenceVariant[] = [
  { sizes: { T: 1, B: 1, I: 1, H: 1 } },
  { sizes: { T: 1, B: 3, I: 5, H: 7 }, reverse: true },
  { sizes: { T: 3, B: 1, I: 5, H: 7 } },
  { sizes: { T: 2, B: 2, I: 3, H: 17 } },
  { sizes: { T: 1, B: 2, I: 1, H: 33 } },
  { sizes: { T: 7, B: 5, I: 1, H: 3 }, lengths: "mixed" },
  { sizes: { T: 2, B: 0, I: 3, H: 5 } },
  ...[false, true].flatMap((reverse) => [
    ...(["absent", "full", "mixed", "zero"] as const).map((lengths) => ({ sizes: small, reverse, lengths })),
    ...(["input", "hidden", "none"] as const).map((biases) => ({
      sizes: small,
      reverse,
      lengths: "mixed" as const,
      biases,
    })),
  ]),
];

/** One fused call with what is asked of its gradient. */
export interface BackwardCall {
  readonly call: FusedCall;
  readonly request: GradientRequest;
}

/** The backward calls of one dtype, the same for backends and runners. */
export function backwardCalls(dtype: DType): BackwardCall[] {
  const linear = linearCalls(dtype).flatMap((call) => [
    { call, request: everything },
    ...(call.label.includes("[3, 5]") ? [requests[3], requests[4]].map((request) => ({ call, request })) : []),
  ]);
  const sequences = flavours.flatMap((flavour) => {
    const whole = variants.map((variant) => ({ call: sequenceCall(flavour, dtype, variant), request: everything }));
    const call = sequenceCall(flavour, dtype, { sizes: small, lengths: "mixed" });
    return [...whole, ...requests.map((request) => ({ call, request }))];
  });
  const normalised = normalisedCalls(dtype).flatMap((call) => {
    const isSmall = call.label.includes("[3, 5]");
    const hasWeight = call.op === "layerNorm" && call.inputs[1] !== null;
    const some = hasWeight ? [requests[3], requests[4], requests[5]] : [requests[5]];
    return [{ call, request: everything }, ...(isSmall ? some.map((request) => ({ call, request })) : [])];
  });
  return [...linear, ...normalised, ...sequences];
}

/** Whole ops' gradients against central differences of the naive reference. */
export function fusedBackwardCases(): ConformanceCase[] {
  const passes = floats.flatMap((dtype) =>
    backwardCalls(dtype).map(({ call, request }) => backwardCase(call, request)),
  );
  const alive = flavours.flatMap((flavour) =>
    floats.map((dtype) =>
      twoReservesCase(
        sequenceCall(flavour, dtype, { sizes: small, lengths: "mixed" }),
        sequenceCall(flavour, dtype, { sizes: other, reverse: true }),
      ),
    ),
  );
  return [...passes, ...alive];
}
