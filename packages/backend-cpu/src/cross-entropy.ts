import type { Call, FusedKernel, In, TypedArray } from "@unrolled/backend";
import { allocate } from "./allocate.js";
import { fusedKernel, type GradientsOf } from "./fused-kernel.js";
import { forEachLine, largestOf, linesOf } from "./normalised-rows.js";

type K = "softmaxCrossEntropy";

/** The probabilities, undefined where a target is no class. */
export interface CrossEntropyReserve {
  readonly probabilities: TypedArray;
}

function forward(
  [logits, targets]: In<K, TypedArray>,
  call: Call<K>,
  save: boolean,
): { out: readonly [TypedArray]; reserve?: CrossEntropyReserve } {
  const lines = linesOf(call.in[0].shape, call.attrs.axis);
  const { n, inner } = lines;
  const { dtype } = call.out[0];
  const losses = allocate(dtype, targets.length);
  const probabilities = save ? allocate(dtype, logits.length) : null;
  forEachLine(lines, (start, index) => {
    const target = targets[index];
    if (target < 0 || target >= n) return;
    const end = start + n * inner;
    const most = largestOf(logits, start, end, inner);
    let total = 0;
    for (let i = start; i < end; i += inner) total += Math.exp(logits[i] - most);
    losses[index] = Math.log(total) - (logits[start + target * inner] - most);
    if (probabilities) for (let i = start; i < end; i += inner) probabilities[i] = Math.exp(logits[i] - most) / total;
  });
  return probabilities ? { out: [losses], reserve: { probabilities } } : { out: [losses] };
}

function backward(
  cotangents: readonly [TypedArray | null],
  [, targets]: In<K, TypedArray>,
  _outputs: readonly [TypedArray],
  { probabilities }: CrossEntropyReserve,
  call: Call<K>,
  wanted: readonly boolean[],
): GradientsOf<K> {
  if (!wanted[0]) return [null, null];
  const lines = linesOf(call.in[0].shape, call.attrs.axis);
  const { n, inner } = lines;
  const dx = allocate(call.out[0].dtype, probabilities.length);
  const dy = cotangents[0];
  if (!dy) return [dx, null];
  forEachLine(lines, (start, index) => {
    const target = targets[index];
    if (target < 0 || target >= n) return;
    const scale = dy[index];
    for (let i = start; i < start + n * inner; i += inner) dx[i] = probabilities[i] * scale;
    dx[start + target * inner] = (probabilities[start + target * inner] - 1) * scale;
  });
  return [dx, null];
}

/** -log(softmax(logits)) at each target. Backward needs the probabilities. */
export const softmaxCrossEntropy: FusedKernel<K, TypedArray, CrossEntropyReserve> = fusedKernel({ forward, backward });
