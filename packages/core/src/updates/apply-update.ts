import { type Attrs, type In, type Meta, type Out, table, type UpdateOp } from "@unrolled/backend";
import { bufferOf, makeTensor, noGrad, requireSameBackend } from "../engine.js";
import { add, div, maximum, mul, neg, scalarLike, sqrt, sub, type TensorLike } from "../ops/elementwise.js";
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

interface Result {
  readonly buffers: readonly (object | null)[];
  readonly metas: readonly (Meta | null)[];
}

/** What the backend's kernel makes of an update; null where it has none. */
function runKernel(
  op: UpdateOp,
  inputs: readonly (Tensor | null)[],
  attrs: object,
  mayOverwrite: boolean,
): Result | null {
  const { backend } = inputs[0] as Tensor;
  const buffers = new Array<object | null>(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input !== null && input.backend !== backend) requireSameBackend(op, backend, input);
    buffers[i] = input === null ? null : (input.lentBuffer ?? bufferOf(op, input));
  }
  const metas = (table[op].infer as unknown as AnyInfer)(inputs, attrs);
  const kernel = backend.updates?.[op] as unknown as AnyKernel | undefined;
  return kernel === undefined
    ? null
    : { buffers: kernel(buffers, { attrs, in: inputs, out: metas, mayOverwrite }), metas };
}

/**
 * Runs an optimiser's update, never recorded, by the backend's kernel where it has one, else in primitives. Shapes are those of the op's row in the op table.
 *
 * @example
 * const attrs = { momentum: 0, nesterov: false, weightDecay: 0, maximize: false };
 * const [next] = applyUpdate("sgdStep", [ones([2]), ones([2]), null, full([], 0.1), null], attrs); // 0.9, 0.9
 */
export function applyUpdate<K extends UpdateOp>(op: K, inputs: In<K, Tensor>, attrs: Attrs<K>): Out<K, Tensor> {
  const list = inputs as readonly (Tensor | null)[];
  const result = runKernel(op, list, attrs, false);
  if (result === null) return noGrad(() => decomposed[op](inputs, attrs));
  const { backend } = list[0] as Tensor;
  return result.buffers.map((buffer, i) => {
    const meta = result.metas[i];
    return buffer && meta ? makeTensor(backend, buffer, meta.shape, meta.dtype) : null;
  }) as unknown as Out<K, Tensor>;
}

/** Which inputs the results of an update take the place of. */
const replaced: { readonly [K in UpdateOp]: readonly number[] } = { sgdStep: [0, 2], adamStep: [0, 2, 3, 4] };

/**
 * Runs an optimiser's update and puts the results into the parameter and the state that it was given. Numbers stand for 0-d
 * tensors.
 *
 * @example
 * const attrs = { momentum: 0, nesterov: false, weightDecay: 0, maximize: false };
 * updateInPlace("sgdStep", [weight, ones(weight.shape), null, 0.1, null], attrs); // weight - 0.1
 */
export function updateInPlace<K extends UpdateOp>(op: K, inputs: In<K, TensorLike>, attrs: Attrs<K>): void {
  const given = inputs as readonly (TensorLike | null)[];
  const like = given[0] as Tensor;
  const tensors = new Array<Tensor | null>(given.length);
  for (let i = 0; i < given.length; i++) {
    const input = given[i];
    tensors[i] = typeof input === "number" ? scalarLike(op, input, like) : input;
  }
  const places = replaced[op];
  const result = runKernel(op, tensors, attrs, areSole(tensors, places));
  if (result === null) {
    noGrad(() => {
      const values = decomposed[op](tensors as unknown as In<K, Tensor>, attrs) as readonly (Tensor | null)[];
      for (let i = 0; i < places.length; i++) if (values[i]) tensors[places[i]]?.assign_(values[i] as Tensor);
    });
    return;
  }
  for (let i = 0; i < places.length; i++) {
    const buffer = result.buffers[i];
    if (buffer !== null) tensors[places[i]]?.renewAlone(buffer);
  }
}

function areSole(tensors: readonly (Tensor | null)[], places: readonly number[]): boolean {
  for (let i = 0; i < places.length; i++) if (tensors[places[i]]?.isSole === false) return false;
  return true;
}
