import { type Attrs, type In, type Meta, type Out, table, type UpdateOp } from "@unrolled/backend";
import { bufferOf, makeTensor, noGrad, requireSameBackend } from "../engine.js";
import { add, div, maximum, mul, neg, sqrt, sub } from "../ops/elementwise.js";
import type { Tensor } from "../tensor.js";

type Decomposed<K extends UpdateOp> = (inputs: In<K, Tensor>, attrs: Attrs<K>) => Out<K, Tensor>;

/** Every update op in primitives. */
const decomposed: { readonly [K in UpdateOp]: Decomposed<K> } = {
  sgdStep([parameter, gradient, buffer, learningRate, gain], { momentum, nesterov, weightDecay, maximize }) {
    const g = decayed(parameter, maximize ? neg(gradient) : gradient, weightDecay);
    if (buffer === null) return [sub(parameter, mul(g, learningRate)), null];
    const next = add(mul(buffer, momentum), gain ? mul(g, gain) : g);
    const direction = nesterov ? add(g, mul(next, momentum)) : next;
    return [sub(parameter, mul(direction, learningRate)), next];
  },
  adamStep([parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, learningRate, stepSize, secondCorrection], attrs) {
    const { beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize } = attrs;
    const raw = maximize ? neg(gradient) : gradient;
    const g = decoupledWeightDecay ? raw : decayed(parameter, raw, weightDecay);
    const shrunk =
      decoupledWeightDecay && weightDecay !== 0
        ? sub(parameter, mul(parameter, mul(learningRate, weightDecay)))
        : parameter;
    const m = add(mul(expAvg, beta1), mul(g, 1 - beta1));
    const v = add(mul(expAvgSq, beta2), mul(mul(g, g), 1 - beta2));
    const highest = maxExpAvgSq ? maximum(maxExpAvgSq, v) : null;
    const denominator = add(div(sqrt(highest ?? v), secondCorrection), eps);
    return [sub(shrunk, div(mul(m, stepSize), denominator)), m, v, highest];
  },
};

function decayed(parameter: Tensor, gradient: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
}

type AnyInfer = (inputs: readonly (Meta | null)[], attrs: object) => readonly (Meta | null)[];
type AnyKernel = (inputs: readonly (object | null)[], call: object) => readonly (object | null)[];

/** Runs an optimiser's update, never recorded, by the backend's kernel where it has one, else in primitives. */
export function applyUpdate<K extends UpdateOp>(op: K, inputs: In<K, Tensor>, attrs: Attrs<K>): Out<K, Tensor> {
  const list = inputs as readonly (Tensor | null)[];
  const { backend } = list[0] as Tensor;
  for (const input of list) if (input && input.backend !== backend) requireSameBackend(op, backend, input.backend);
  const metas = (table[op].infer as AnyInfer)(list, attrs);
  const kernel = backend.updates?.[op] as unknown as AnyKernel | undefined;
  if (kernel === undefined) return noGrad(() => decomposed[op](inputs, attrs));
  const buffers = list.map((t) => (t ? bufferOf(op, t) : null));
  const out = kernel(buffers, { attrs, in: list, out: metas });
  return out.map((buffer, i) => {
    const meta = metas[i];
    return buffer && meta ? makeTensor(backend, buffer, meta.shape, meta.dtype) : null;
  }) as unknown as Out<K, Tensor>;
}
