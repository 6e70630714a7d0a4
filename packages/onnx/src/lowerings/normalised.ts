import type { ModelBuilder, Operand } from "../builder.js";
import type { Lowerings } from "../lowering.js";
import { float, int, ints } from "../proto.js";
import { isEmpty } from "../sizes.js";
import { reduceMax } from "./reductions.js";

type NormalisedOp = "softmax" | "logSoftmax" | "softmaxCrossEntropy" | "layerNorm";

/** Mean over axes, which stay as dimensions of size 1. */
export function meanOver(b: ModelBuilder, x: string, axes: readonly number[]): string {
  return b.opset < 18
    ? b.node("ReduceMean", [x], [ints("axes", axes), int("keepdims", 1)])
    : b.node("ReduceMean", [x, b.int64(axes)], [int("keepdims", 1)]);
}

/** ONNX Runtime's LogSoftmax of float64 loses NaN. */
function logSoftmax(b: ModelBuilder, { name, dtype }: Operand, axis: number): string {
  if (dtype !== "float64") return b.node("LogSoftmax", [name], [int("axis", axis)]);
  const low = b.node("Sub", [name, reduceMax(b, name, [axis], true)]);
  const total = b.node("ReduceSum", [b.node("Exp", [low]), b.int64([axis])], [int("keepdims", 1)]);
  return b.node("Sub", [low, b.node("Log", [total])]);
}

/** True at each target's class, in the shape of the logits. */
export function chosenClasses(b: ModelBuilder, logits: Operand, targets: Operand, axis: number): string {
  const { sizes } = logits;
  const count = b.size(sizes[axis]);
  const classes = b.node("Range", [b.scalar(0, "int32"), b.cast(b.squeeze(count, [0]), "int32"), b.scalar(1, "int32")]);
  const after = sizes.slice(axis + 1).map((_, i) => i + 1);
  const along = after.length === 0 ? classes : b.unsqueeze(classes, after);
  return b.node("Equal", [b.unsqueeze(targets.name, [axis]), along]);
}

/** x less its mean, that divided by the deviation, and the deviation itself, over the axes from `axis` on. */
export function normalised(
  b: ModelBuilder,
  x: Operand,
  { axis, eps }: { readonly axis: number; readonly eps: number },
): { readonly normal: string; readonly deviation: string } {
  const axes = x.shape.map((_, i) => i).slice(axis);
  const centred = b.node("Sub", [x.name, meanOver(b, x.name, axes)]);
  const variance = meanOver(b, b.node("Mul", [centred, centred]), axes);
  const deviation = b.node("Sqrt", [b.node("Add", [variance, b.scalar(eps, x.dtype)])]);
  return { normal: b.node("Div", [centred, deviation]), deviation };
}

export function scaled(b: ModelBuilder, normal: string, weight: Operand | null, bias: Operand | null): string {
  const product = weight ? b.node("Mul", [normal, weight.name]) : normal;
  return bias ? b.node("Add", [product, bias.name]) : product;
}

export const normalisations: Pick<Lowerings, NormalisedOp> = {
  softmax: (b, { in: [x], attrs: { axis } }) => [b.node("Softmax", [x.name], [int("axis", axis)])],
  logSoftmax: (b, { in: [x], attrs: { axis } }) => [logSoftmax(b, x, axis)],
  softmaxCrossEntropy: (b, { in: [logits, targets], attrs: { axis }, out: [out] }) => {
    if (isEmpty(logits.sizes)) return [b.filled(0, out)];
    const logs = logSoftmax(b, logits, axis);
    const chosen = chosenClasses(b, logits, targets, axis);
    const picked = b.node("Where", [chosen, logs, b.scalar(0, logits.dtype)]);
    return [b.node("Neg", [b.node("ReduceSum", [picked, b.int64([axis])], [int("keepdims", 0)])])];
  },
  /** One node for float32; its mean and deviation are float32 in any case. */
  layerNorm: (b, { in: [x, weight, bias], attrs }) => {
    if (x.dtype === "float64") return [scaled(b, normalised(b, x, attrs).normal, weight, bias)];
    const { shape, sizes } = x;
    const one = { dtype: x.dtype, shape: shape.slice(attrs.axis), sizes: sizes.slice(attrs.axis) };
    const inputs = [x.name, weight ? weight.name : b.filled(1, one), ...(bias ? [bias.name] : [])];
    return [b.node("LayerNormalization", inputs, [int("axis", attrs.axis), float("epsilon", attrs.eps)])];
  },
};
