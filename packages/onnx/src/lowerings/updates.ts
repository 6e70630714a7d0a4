import type { DType } from "@unrolled/backend";
import type { ModelBuilder } from "../builder.js";
import type { Lowerings } from "../lowering.js";

const add = (b: ModelBuilder, x: string, y: string): string => b.node("Add", [x, y]);
const sub = (b: ModelBuilder, x: string, y: string): string => b.node("Sub", [x, y]);
const mul = (b: ModelBuilder, x: string, y: string): string => b.node("Mul", [x, y]);
const scale = (b: ModelBuilder, x: string, factor: number, dtype: DType): string =>
  factor === 1 ? x : mul(b, x, b.scalar(factor, dtype));

/** The gradient to follow: turned round to maximize, with the weight decay of an L2 penalty. */
function ascent(
  b: ModelBuilder,
  gradient: string,
  parameter: string,
  maximize: boolean,
  decay: number,
  dtype: DType,
): string {
  const signed = maximize ? b.node("Neg", [gradient]) : gradient;
  return decay === 0 ? signed : add(b, signed, scale(b, parameter, decay, dtype));
}

export const updates: Pick<Lowerings, "sgdStep" | "adamStep"> = {
  /** g + decay p; buffer' = momentum buffer + gain g; p' = p - lr (nesterov: g + momentum buffer', else buffer'). */
  sgdStep: (b, { in: [parameter, gradient, buffer, learningRate, gain], attrs }) => {
    const { dtype } = parameter;
    const g = ascent(b, gradient.name, parameter.name, attrs.maximize, attrs.weightDecay, dtype);
    let direction = g;
    let nextBuffer: string | null = null;
    if (buffer) {
      const entering = gain ? mul(b, g, gain.name) : g;
      nextBuffer = add(b, scale(b, buffer.name, attrs.momentum, dtype), entering);
      direction = attrs.nesterov ? add(b, g, scale(b, nextBuffer, attrs.momentum, dtype)) : nextBuffer;
    }
    return [sub(b, parameter.name, mul(b, direction, learningRate.name)), nextBuffer];
  },
  /** m' = beta1 m + (1 - beta1) g; v' = beta2 v + (1 - beta2) g^2; p' = p - stepSize m' / (sqrt(v') / secondCorrection + eps). */
  adamStep: (b, { in: operands, attrs }) => {
    const [parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection] = operands;
    const { dtype } = parameter;
    const penalty = attrs.decoupledWeightDecay ? 0 : attrs.weightDecay;
    const g = ascent(b, gradient.name, parameter.name, attrs.maximize, penalty, dtype);
    let p = parameter.name;
    if (attrs.decoupledWeightDecay && attrs.weightDecay !== 0) {
      const shrink = sub(b, b.scalar(1, dtype), scale(b, learningRate.name, attrs.weightDecay, dtype));
      p = mul(b, p, shrink);
    }
    const m = add(b, scale(b, expAvg.name, attrs.beta1, dtype), scale(b, g, 1 - attrs.beta1, dtype));
    const v = add(b, scale(b, expAvgSq.name, attrs.beta2, dtype), scale(b, mul(b, g, g), 1 - attrs.beta2, dtype));
    const largest = maxExpAvgSq ? b.node("Max", [maxExpAvgSq.name, v]) : null;
    const root = b.node("Div", [b.node("Sqrt", [largest ?? v]), secondCorrection.name]);
    const denominator = add(b, root, b.scalar(attrs.eps, dtype));
    return [sub(b, p, b.node("Div", [mul(b, m, stepSize.name), denominator])), m, v, largest];
  },
};
