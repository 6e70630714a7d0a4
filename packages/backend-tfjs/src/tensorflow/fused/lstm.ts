import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { In } from "@unrolled/backend";
import type { FusedCompute } from "../../fused/fused-compute.js";
import type { TensorFlowDevice } from "../device.js";
import { SequenceOrder } from "./sequence-order.js";
import { SequenceParts } from "./sequence-parts.js";
import { hasElements } from "./sizes.js";

/** What BlockLSTMV2 returns, each [T, B, H]: gates and states at every step. `ci` is the candidate, `co` is tanh(cs). */
const BLOCK_OUTPUTS = 7;

/**
 * The whole sequence by BlockLSTMV2, and its gradient by BlockLSTMGradV2. Their gates are i, f, c, o, as here i, f, g, o; their
 * weight [I + H, 4H] is both of ours beside each other, transposed; they add no forget bias. They know neither lengths nor a
 * direction: `SequenceOrder` sees to that outside of them.
 */
export function lstmSequence(tf: TensorFlowDevice): FusedCompute<"lstmSequence"> {
  const parts = new SequenceParts(tf);
  const noPeephole = [tf.flag("use_peephole", false)];
  const noClip = [tf.decimal("cell_clip", 0), ...noPeephole];

  /** The inputs in the block ops' order: steps, x, c, h, w, three absent peepholes, bias. */
  function blockInputs(
    [, h, c]: In<"lstmSequence", TensorInfo>,
    x: TensorInfo,
    weight: TensorInfo,
    bias: TensorInfo,
  ): readonly (TensorInfo | number)[] {
    const peephole = tf.fill([h.shape[1]], 0, "float32");
    return [tf.long(x.shape[0]), x, c, h, weight, peephole, peephole, peephole, bias];
  }

  function blockWeight([, , , wIh, wHh]: In<"lstmSequence", TensorInfo>): TensorInfo {
    return tf.op("Transpose", [parts.concat([wIh, wHh], 1), tf.ints([1, 0])]);
  }

  function blockBias([, , , wIh, , bIh, bHh]: In<"lstmSequence", TensorInfo>): TensorInfo {
    return parts.sum([bIh, bHh]) ?? tf.fill([wIh.shape[0]], 0, "float32");
  }

  /** The other order of gates, i, g, f, o, of the cell op's gradients; its own inverse. */
  function swapMiddle(x: TensorInfo): TensorInfo {
    const [width, ...rest] = x.shape;
    const gates = tf.reshape(x, [4, width / 4, ...rest]);
    return tf.reshape(tf.op("GatherV2", [gates, tf.ints([0, 2, 1, 3]), tf.ints([0], [])]), x.shape);
  }

  /**
   * From the last step to the first: one op a step for all gates, one product for the state. `dHidden` and `dCells` are
   * [T, B, H]; returns the gates' gradients of each step, [B, 4H] in the order i, g, f, o, and those of the first states.
   */
  function stepGradients(
    [x, c, h, weight, bias]: readonly TensorInfo[],
    wHh: TensorInfo,
    block: readonly TensorInfo[],
    dHidden: TensorInfo,
    dCells: TensorInfo | null,
  ): { readonly gates: TensorInfo[]; readonly h: TensorInfo; readonly c: TensorInfo } {
    const [count, batch, size] = block[0].shape;
    const [i, cs, f, o, ci, co] = block.slice(0, 6).map((of) => parts.unpack(of));
    const [dhOf, dcOf] = [parts.unpack(dHidden), dCells === null ? null : parts.unpack(dCells)];
    const zeros = tf.fill([batch, size], 0, "float32");
    const peephole = tf.fill([size], 0, "float32");
    const anyX = tf.reshape(parts.slice(x, 0, 0, 1), [batch, x.shape[2]]);
    const gates = new Array<TensorInfo>(count);
    let [dh, dc]: (TensorInfo | null)[] = [null, null];
    for (let t = count - 1; t >= 0; t--) {
      const previous = t === 0 ? c : cs[t - 1];
      const dhNow = parts.sum([dhOf[t], dh]) ?? zeros;
      const dcNow = parts.sum([dcOf?.[t] ?? null, dc]) ?? zeros;
      const [dcPrevious, dGates] = tf.ops(
        "LSTMBlockCellGrad",
        // Of x, h and the bias, the op looks at the shapes alone.
        [
          anyX,
          previous,
          h,
          weight,
          peephole,
          peephole,
          peephole,
          bias,
          i[t],
          cs[t],
          f[t],
          o[t],
          ci[t],
          co[t],
          dcNow,
          dhNow,
        ],
        noPeephole,
        5,
      );
      gates[t] = dGates;
      dc = dcPrevious;
      dh = tf.op("MatMul", [dGates, wHh]);
    }
    return { gates, h: dh ?? zeros, c: dc ?? zeros };
  }

  return {
    /** No projections: those are composed. */
    accepts: (call) => !call.in[8] && hasElements(call),

    forward(_, inputs, call, save) {
      const [x, h, c, , , , , lengths] = inputs;
      const order = new SequenceOrder(tf, lengths, call.in[0].shape[0], call.attrs.reverse);
      const inOrder = order.apply(order.masked(x));
      const weight = blockWeight(inputs);
      const bias = blockBias(inputs);
      const gates = tf.ops("BlockLSTMV2", blockInputs(inputs, inOrder, weight, bias), noClip, BLOCK_OUTPUTS);
      const [cells, hidden] = [gates[1], gates[6]];
      return {
        out: [order.masked(order.apply(hidden)), order.last(h, hidden), order.last(c, cells)],
        reserve: save ? [inOrder, weight, bias, ...gates] : [],
      };
    },

    backward(_, [dY, dH, dC], inputs, _outputs, reserve, call, wanted) {
      const [x, h, c, wIh, wHh, bIh, bHh, lengths] = inputs;
      const [inOrder, weight, bias, ...gates] = reserve;
      const order = new SequenceOrder(tf, lengths, x.shape[0], call.attrs.reverse);
      const [cells, hidden] = [gates[1], gates[6]];
      const dHidden = order.spread(dH, hidden.shape, dY ? order.apply(order.masked(dY)) : null);
      const dCells = dC === null ? null : order.spread(dC, cells.shape, null);
      const cell = [x, c, h, weight, bias];
      const steps = stepGradients(cell, swapMiddle(wHh), gates, dHidden.steps, dCells?.steps ?? null);
      const dGates = parts.pack(steps.gates);
      const wantsBias = (wanted[5] && bIh !== null) || (wanted[6] && bHh !== null);
      const dBias = wantsBias ? swapMiddle(parts.biasGradient(dGates)) : null;
      return [
        wanted[0] ? order.apply(parts.inputGradient(dGates, swapMiddle(wIh))) : null,
        wanted[1] ? parts.sum([steps.h, dHidden.before]) : null,
        wanted[2] ? parts.sum([steps.c, dCells?.before ?? null]) : null,
        wanted[3] ? swapMiddle(parts.weightGradient(dGates, inOrder)) : null,
        wanted[4] ? swapMiddle(parts.weightGradient(dGates, parts.before(h, hidden))) : null,
        wanted[5] && bIh ? dBias : null,
        wanted[6] && bHh ? dBias : null,
        null,
        null,
      ];
    },
  };
}
