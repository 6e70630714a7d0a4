import type { Attrs, DType, HostTensor, In, Shape, UpdateOp } from "@unrolled/backend";
import { toleranceOf } from "../assert/tolerance.js";
import { frozenCall, updateKernel } from "../erased.js";
import { positive, random, tensor } from "../host.js";
import type { ErasedReference } from "../reference/central-differences.js";
import { updateReferences } from "../reference/updates.js";
import { valuesOf } from "../reference/values.js";
import type { ConformanceCase } from "./case.js";
import { missingDType } from "./op-case.js";
import { runKernel } from "./run-kernel.js";
import { floats } from "./shapes.js";

export interface UpdateCall<K extends UpdateOp = UpdateOp> {
  readonly op: K;
  readonly label: string;
  readonly inputs: In<K, HostTensor>;
  readonly attrs: Attrs<K>;
}

const updateShapes: readonly Shape[] = [[], [33], [3, 5], [0, 3]];

function updateCase(c: UpdateCall): ConformanceCase {
  const name = `${c.op} ${c.label}`;
  const inputs = c.inputs as readonly (HostTensor | null)[];
  return {
    name,
    op: c.op,
    dtype: inputs[0]?.dtype ?? null,
    inapplicable: (backend) => (backend.updates?.[c.op] ? missingDType(backend, inputs) : `it offers no ${c.op}`),
    async run({ backend }) {
      const place = { op: c.op, case: name };
      const call = frozenCall(c.op, inputs, c.attrs);
      const kernel = updateKernel(backend, c.op, place);
      if (!kernel) throw new TypeError(`${backend.name} has no ${c.op}`);
      const reference = updateReferences[c.op] as unknown as ErasedReference;
      const values = reference(
        inputs.map((x) => x && valuesOf(x)),
        c.attrs,
      );
      const expected = call.out.map((meta, i) => {
        const output = values[i];
        return meta && output && { values: output, tolerance: toleranceOf(meta.dtype, "accumulated") };
      });
      await runKernel(backend, { place, inputs, out: call.out, expected, invoke: (h) => kernel(h, call) });
    },
  };
}

function sgdCall(
  dtype: DType,
  shape: Shape,
  label: string,
  attrs: Partial<Attrs<"sgdStep">>,
  gain: number | null = null,
): UpdateCall<"sgdStep"> {
  const full = { momentum: 0, nesterov: false, weightDecay: 0, maximize: false, ...attrs };
  return {
    op: "sgdStep",
    label: `${dtype} [${shape.join(", ")}] ${label}`,
    inputs: [
      random("sgd parameter", dtype, shape),
      random("sgd gradient", dtype, shape),
      full.momentum === 0 ? null : random("sgd buffer", dtype, shape),
      tensor(dtype, [], [0.05]),
      gain === null ? null : tensor(dtype, [], [gain]),
    ],
    attrs: full,
  };
}

function adamCall(
  dtype: DType,
  shape: Shape,
  label: string,
  attrs: Partial<Attrs<"adamStep">>,
  amsgrad = false,
): UpdateCall<"adamStep"> {
  const full = {
    beta1: 0.9,
    beta2: 0.99,
    eps: 1e-3,
    weightDecay: 0,
    decoupledWeightDecay: false,
    maximize: false,
    ...attrs,
  };
  return {
    op: "adamStep",
    label: `${dtype} [${shape.join(", ")}] ${label}`,
    inputs: [
      random("adam parameter", dtype, shape),
      random("adam gradient", dtype, shape),
      random("adam average", dtype, shape),
      random("adam square", dtype, shape, positive),
      amsgrad ? random("adam largest", dtype, shape, positive) : null,
      tensor(dtype, [], [0.01]),
      tensor(dtype, [], [0.037]),
      tensor(dtype, [], [0.17]),
    ],
    attrs: full,
  };
}

/** The updates of one dtype, the same for backends and runners. */
export function updateCalls(dtype: DType): UpdateCall[] {
  const calls = [
    ...updateShapes.flatMap((shape) => [
      sgdCall(dtype, shape, "plain", {}),
      sgdCall(dtype, shape, "momentum", { momentum: 0.9 }, 1),
      adamCall(dtype, shape, "plain", {}),
      adamCall(dtype, shape, "amsgrad", {}, true),
    ]),
    ...[
      sgdCall(dtype, [7], "weightDecay", { weightDecay: 0.1 }),
      sgdCall(dtype, [7], "maximize weightDecay", { maximize: true, weightDecay: 0.1 }),
      sgdCall(dtype, [7], "momentum without a gain", { momentum: 0.9 }),
      sgdCall(dtype, [7], "momentum with dampening", { momentum: 0.9 }, 0.25),
      sgdCall(dtype, [7], "nesterov", { momentum: 0.9, nesterov: true }, 1),
      sgdCall(dtype, [7], "nesterov weightDecay maximize", {
        momentum: 0.8,
        nesterov: true,
        weightDecay: 0.1,
        maximize: true,
      }),
      adamCall(dtype, [7], "weightDecay", { weightDecay: 0.1 }),
      adamCall(dtype, [7], "decoupled weightDecay", { weightDecay: 0.1, decoupledWeightDecay: true }),
      adamCall(dtype, [7], "maximize amsgrad weightDecay", { maximize: true, weightDecay: 0.1 }, true),
    ],
  ];
  return calls as unknown as UpdateCall[];
}

/** Optimiser updates against scalar loops. */
export function updateCases(): ConformanceCase[] {
  return floats.flatMap((dtype) => updateCalls(dtype).map(updateCase));
}
