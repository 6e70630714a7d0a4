import type { Attrs, FusedOp, OpNode } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../../builder.js";
import { int } from "../../proto.js";
import { chosenClasses, meanOver, normalised, scaled } from "../normalised.js";
import { mul, sub, sumOver } from "./arithmetic.js";

type NormalisedOp = Extract<FusedOp, "softmax" | "logSoftmax" | "softmaxCrossEntropy" | "layerNorm">;

export function isNormalised(node: OpNode): node is OpNode<NormalisedOp> {
  const { op } = node;
  return op === "softmax" || op === "logSoftmax" || op === "softmaxCrossEntropy" || op === "layerNorm";
}

/** What a layer norm's forward pass leaves for its gradient. */
export interface NormReserve {
  readonly output: string;
  readonly normal: string;
  readonly deviation: string;
}

/** A layer norm whose gradient is asked for. */
export function forwardNorm(
  b: ModelBuilder,
  inputs: readonly (Operand | null)[],
  attrs: Attrs<"layerNorm">,
): NormReserve {
  const [x, weight, bias] = inputs as readonly [Operand, Operand | null, Operand | null];
  const found = normalised(b, x, attrs);
  const output = weight || bias ? scaled(b, found.normal, weight, bias) : b.node("Identity", [found.normal]);
  return { ...found, output };
}

/** Gradient of softmax, log-softmax or cross-entropy; ONNX Runtime merges the softmax with an equal one of the forward pass. */
export function rowGradient(
  b: ModelBuilder,
  op: Exclude<NormalisedOp, "layerNorm">,
  [x, targets]: readonly (Operand | null)[],
  dy: string,
  axis: number,
): string {
  const input = x as Operand;
  const p = b.node("Softmax", [input.name], [int("axis", axis)]);
  if (op === "logSoftmax") return sub(b, dy, mul(b, p, sumOver(b, dy, axis)));
  if (op === "softmax") {
    const weighted = mul(b, dy, p);
    return sub(b, weighted, mul(b, p, sumOver(b, weighted, axis)));
  }
  const chosen = b.cast(chosenClasses(b, input, targets as Operand, axis), input.dtype);
  const counts = b.cast(sumOver(b, chosen, axis), "bool");
  const difference = mul(b, sub(b, p, chosen), b.unsqueeze(dy, [axis]));
  return b.node("Where", [counts, difference, b.scalar(0, input.dtype)]);
}

/** Gradients of x, weight and bias; `null` where none is wanted. */
export function normGradient(
  b: ModelBuilder,
  [x, weight]: readonly (Operand | null)[],
  dy: string,
  axis: number,
  { normal, deviation }: NormReserve,
  wanted: readonly boolean[],
): readonly (string | null)[] {
  const all = (x as Operand).shape.map((_, i) => i);
  const [lead, axes] = [all.slice(0, axis), all.slice(axis)];
  const overRows = (name: string): string =>
    lead.length === 0 ? name : b.node("ReduceSum", [name, b.int64(lead)], [int("keepdims", 0)]);
  const gradientOfX = (): string => {
    const g = weight ? mul(b, dy, weight.name) : dy;
    const along = mul(b, normal, meanOver(b, mul(b, g, normal), axes));
    return b.node("Div", [sub(b, sub(b, g, meanOver(b, g, axes)), along), deviation]);
  };
  return [
    wanted[0] ? gradientOfX() : null,
    wanted[1] ? overRows(mul(b, dy, normal)) : null,
    wanted[2] ? overRows(dy) : null,
  ];
}
