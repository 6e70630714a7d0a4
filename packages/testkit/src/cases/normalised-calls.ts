import { type DType, type HostTensor, sizeOf } from "@unrolled/backend";
import { random, tensor } from "../host.js";
import type { FusedCall } from "./fused-calls.js";

interface Line {
  readonly shape: readonly number[];
  readonly axis: number;
}

const lines: readonly Line[] = [
  { shape: [1], axis: 0 },
  { shape: [5], axis: 0 },
  { shape: [3, 5], axis: 1 },
  { shape: [3, 5], axis: 0 },
  { shape: [7, 1], axis: 1 },
  { shape: [17, 7], axis: 1 },
  { shape: [9, 33], axis: 1 },
  { shape: [2, 17, 3], axis: 1 },
  { shape: [2, 3, 2, 5], axis: 2 },
  { shape: [0, 3], axis: 1 },
  { shape: [2, 3, 0], axis: 1 },
];

/** Far from 0, where exp alone would overflow or vanish. */
const shifts = [0, 1000, -1000];

function shifted(x: HostTensor, by: number): HostTensor {
  return by === 0
    ? x
    : tensor(
        x.dtype,
        x.shape,
        Array.from(x.data, (value) => value + by),
      );
}

function lineCalls(op: "softmax" | "logSoftmax", dtype: DType): FusedCall[] {
  const call = (line: Line, by: number): FusedCall =>
    ({
      op,
      label: `${dtype} [${line.shape.join(", ")}] along ${line.axis}${by === 0 ? "" : ` shifted by ${by}`}`,
      inputs: [shifted(random(`${op} x`, dtype, line.shape), by)],
      attrs: { axis: line.axis },
      terms: Math.max(1, line.shape[line.axis]),
    }) as unknown as FusedCall;
  return [...lines.map((line) => call(line, 0)), ...shifts.slice(1).map((by) => call({ shape: [3, 7], axis: 1 }, by))];
}

/** Every class in turn; `ignoring` puts targets that are no class between them. */
function targetsOf({ shape, axis }: Line, ignoring: boolean): HostTensor {
  const n = shape[axis];
  const rest = shape.filter((_, i) => i !== axis);
  const target = (i: number): number => (ignoring && i % 3 === 1 ? (i % 2 === 1 ? -1 : n) : (i * 2) % n);
  return tensor(
    "int32",
    rest,
    Array.from({ length: sizeOf(rest) }, (_, i) => target(i)),
  );
}

function crossEntropyCalls(dtype: DType): FusedCall[] {
  const call = (line: Line, ignoring: boolean, by: number): FusedCall =>
    ({
      op: "softmaxCrossEntropy",
      label:
        `${dtype} [${line.shape.join(", ")}] along ${line.axis}` +
        `${ignoring ? " with targets that are no class" : ""}${by === 0 ? "" : ` shifted by ${by}`}`,
      inputs: [shifted(random("cross-entropy logits", dtype, line.shape), by), targetsOf(line, ignoring)],
      attrs: { axis: line.axis },
      terms: Math.max(1, line.shape[line.axis]),
    }) as unknown as FusedCall;
  return [
    ...lines.map((line) => call(line, false, 0)),
    ...lines.slice(3, 9).map((line) => call(line, true, 0)),
    ...shifts.slice(1).map((by) => call({ shape: [3, 7], axis: 1 }, false, by)),
  ];
}

const normed: readonly Line[] = [
  { shape: [3], axis: 0 },
  { shape: [3, 5], axis: 1 },
  { shape: [3, 5], axis: 0 },
  { shape: [7, 17], axis: 1 },
  { shape: [9, 33], axis: 1 },
  { shape: [2, 3, 5, 2], axis: 2 },
  { shape: [0, 3], axis: 1 },
];

function layerNormCalls(dtype: DType): FusedCall[] {
  return normed.flatMap((line) =>
    (["both", "weight", "bias", "none"] as const).flatMap((learned) => {
      const own = line.shape.slice(line.axis);
      const has = (what: "weight" | "bias"): boolean => learned === "both" || learned === what;
      const label = `${dtype} [${line.shape.join(", ")}] from ${line.axis}, ${learned === "none" ? "nothing" : learned} learned`;
      const inputs = [
        random("layer norm x", dtype, line.shape),
        has("weight") ? random("layer norm weight", dtype, own) : null,
        has("bias") ? random("layer norm bias", dtype, own) : null,
      ];
      const terms = Math.max(1, sizeOf(line.shape));
      return [{ op: "layerNorm", label, inputs, attrs: { axis: line.axis, eps: 1e-3 }, terms } as unknown as FusedCall];
    }),
  );
}

/** Calls of the ops that normalise lines of a tensor. */
export function normalisedCalls(dtype: DType): FusedCall[] {
  return [
    ...lineCalls("softmax", dtype),
    ...lineCalls("logSoftmax", dtype),
    ...crossEntropyCalls(dtype),
    ...layerNormCalls(dtype),
  ];
}
