import { applyFused, gruStep, lstmStep, type RnnNonlinearity, rnnStep, type Tensor, zeros } from "@unrolled/core";
import type { Cell } from "./cell.js";

/** PyTorch's parameters of one layer and direction, G gates of H hidden units. */
export interface GateWeights {
  /** [G H, I] */
  readonly weightIh: Tensor;
  /** [G H, H] */
  readonly weightHh: Tensor;
  /** [G H], or null */
  readonly biasIh: Tensor | null;
  /** [G H], or null */
  readonly biasHh: Tensor | null;
}

function zeroHidden(batch: number, { weightHh }: GateWeights, like: Tensor): Tensor {
  return zeros([batch, weightHh.shape[1]], { dtype: like.dtype, backend: like.backend });
}

const project =
  ({ weightIh, biasIh }: GateWeights) =>
  (x: Tensor): Tensor =>
    applyFused("linear", [x, weightIh, biasIh], {})[0];

/** h' = f(x W_ih^T + b_ih + h W_hh^T + b_hh) (Elman, 1990). State: [h]. */
export function rnnCell(w: GateWeights, nonlinearity: RnnNonlinearity = "tanh"): Cell<readonly [h: Tensor]> {
  return {
    zeroState: (batch, like) => [zeroHidden(batch, w, like)],
    project: project(w),
    step: (x, [h]) => {
      const next = rnnStep(x, h, w.weightHh, w.biasHh, nonlinearity);
      return { output: next, state: [next] };
    },
    sequence: (x, [h], { reverse = false, lengths = null }) => {
      const inputs = [x, h, w.weightIh, w.weightHh, w.biasIh, w.biasHh, lengths] as const;
      const [output, last] = applyFused("rnnSequence", inputs, { nonlinearity, reverse });
      return { output, state: [last] };
    },
  };
}

/** Gates i, f, g, o (Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000). State: [h, c]. */
export function lstmCell(w: GateWeights): Cell<readonly [h: Tensor, c: Tensor]> {
  return {
    zeroState: (batch, like) => [zeroHidden(batch, w, like), zeroHidden(batch, w, like)],
    project: project(w),
    step: (x, [h, c]) => {
      const next = lstmStep(x, h, c, w.weightHh, w.biasHh);
      return { output: next.h, state: [next.h, next.c] };
    },
    sequence: (x, [h, c], { reverse = false, lengths = null }) => {
      const inputs = [x, h, c, w.weightIh, w.weightHh, w.biasIh, w.biasHh, lengths] as const;
      const [output, lastH, lastC] = applyFused("lstmSequence", inputs, { reverse });
      return { output, state: [lastH, lastC] };
    },
  };
}

/** Gates r, z, n (Cho et al., 2014); resetAfter as PyTorch and cuDNN, else as in the paper, Keras v1 and ONNX's default. State: [h]. */
export function gruCell(
  w: GateWeights,
  { resetAfter = true }: { readonly resetAfter?: boolean } = {},
): Cell<readonly [h: Tensor]> {
  return {
    zeroState: (batch, like) => [zeroHidden(batch, w, like)],
    project: project(w),
    step: (x, [h]) => {
      const next = gruStep(x, h, w.weightHh, w.biasHh, resetAfter).h;
      return { output: next, state: [next] };
    },
    sequence: (x, [h], { reverse = false, lengths = null }) => {
      const inputs = [x, h, w.weightIh, w.weightHh, w.biasIh, w.biasHh, lengths] as const;
      const [output, last] = applyFused("gruSequence", inputs, { resetAfter, reverse });
      return { output, state: [last] };
    },
  };
}
