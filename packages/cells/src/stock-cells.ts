import { requireKnownOptions } from "@unrolled/backend";
import { applyFused, gruStep, lstmStep, type RnnNonlinearity, rnnStep, type Tensor, zeros } from "@unrolled/core";
import type { Cell } from "./cell.js";
import { checkNonlinearity } from "./parameters.js";

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

/** An LSTM's, which may project its hidden state to P units: then weightHh is [4 H, P]. */
export interface LSTMWeights extends GateWeights {
  /** [P, H]; no projection when left out or null. */
  readonly weightHr?: Tensor | null;
}

function zeroPart(batch: number, size: number, like: Tensor): Tensor {
  return zeros([batch, size], { dtype: like.dtype, backend: like.backend });
}

const project =
  ({ weightIh, biasIh }: GateWeights) =>
  (x: Tensor): Tensor =>
    applyFused("linear", [x, weightIh, biasIh], {})[0];

/** h' = f(x W_ih^T + b_ih + h W_hh^T + b_hh) (Elman, 1990). State: [h]. */
export function rnnCell(w: GateWeights, nonlinearity: RnnNonlinearity = "tanh"): Cell<readonly [h: Tensor]> {
  checkNonlinearity("rnnCell", nonlinearity);
  return {
    zeroState: (batch, like) => [zeroPart(batch, w.weightHh.shape[1], like)],
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

/**
 * Gates i, f, g, o (Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000). State: [h, c].
 * With weightHr, h' = W_hr (o tanh(c')) (Sak et al., 2014).
 */
export function lstmCell(w: LSTMWeights): Cell<readonly [h: Tensor, c: Tensor]> {
  const { weightHr = null } = w;
  return {
    zeroState: (batch, like) => {
      const [gateRows, outputSize] = w.weightHh.shape;
      return [zeroPart(batch, outputSize, like), zeroPart(batch, gateRows / 4, like)];
    },
    project: project(w),
    step: (x, [h, c]) => {
      const next = lstmStep(x, h, c, w.weightHh, w.biasHh);
      const output = weightHr ? next.h.matmul(weightHr, { transB: true }) : next.h;
      return { output, state: [output, next.c] };
    },
    sequence: (x, [h, c], { reverse = false, lengths = null }) => {
      const inputs = [x, h, c, w.weightIh, w.weightHh, w.biasIh, w.biasHh, lengths, weightHr] as const;
      const [output, lastH, lastC] = applyFused("lstmSequence", inputs, { reverse });
      return { output, state: [lastH, lastC] };
    },
  };
}

/** Gates r, z, n (Cho et al., 2014); resetAfter as PyTorch and cuDNN, else as in the paper, Keras v1 and ONNX's default. State: [h]. */
export function gruCell(w: GateWeights, options: { readonly resetAfter?: boolean } = {}): Cell<readonly [h: Tensor]> {
  requireKnownOptions("gruCell", options, ["resetAfter"]);
  const { resetAfter = true } = options;
  return {
    zeroState: (batch, like) => [zeroPart(batch, w.weightHh.shape[1], like)],
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
