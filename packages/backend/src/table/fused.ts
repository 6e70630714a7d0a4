import { ArgumentError, ShapeError } from "../errors.js";
import type { FusedOp, Meta } from "../ops.js";
import { formatShape } from "../shape.js";
import { requireAxis, requireDType, requireFloat, requireRank, requireSameDType, requireShape } from "./checks.js";
import type { OpTable } from "./row.js";

const sequenceEdges =
  "T = 0 is a ShapeError, B = 0 is not. Past lengths[b] the state is carried and y is 0; reverse starts at each sequence's own end.";

const normalisedEdges = "NaN wins. All -Infinity, or a +Infinity, give NaN.";

/** Checks the inputs that all sequence ops share, `projection` [P, H] besides; returns T, B, H and the width of the hidden state. */
function sequenceSizes(
  op: FusedOp,
  gates: number,
  x: Meta,
  [h, ...cells]: readonly Meta[],
  wIh: Meta,
  wHh: Meta,
  biases: readonly (Meta | null)[],
  lengths: Meta | null,
  projection: Meta | null = null,
): { T: number; B: number; H: number; width: number } {
  requireRank(op, "x", x, 3);
  requireFloat(op, x);
  const [T, B, I] = x.shape;
  if (T === 0) throw new ShapeError(op, `x ${formatShape(x.shape)} has no time steps`, "give at least one");
  requireRank(op, "weight_hh", wHh, 2);
  if (projection) requireRank(op, "weight_hr", projection, 2);
  const [width, H] = projection ? projection.shape : [wHh.shape[1], wHh.shape[1]];
  requireShape(op, "weight_hh", wHh, [gates * H, width]);
  requireShape(op, "weight_ih", wIh, [gates * H, I]);
  requireShape(op, "state", h, [B, width]);
  for (const cell of cells) requireShape(op, "state", cell, [B, H]);
  for (const bias of biases) if (bias) requireShape(op, "bias", bias, [gates * H]);
  for (const other of [h, ...cells, wIh, wHh, ...biases, projection]) if (other) requireSameDType(op, x, other);
  if (lengths) {
    requireDType(op, "lengths", lengths, "int32");
    requireShape(op, "lengths", lengths, [B]);
  }
  return { T, B, H, width };
}

export const fused: Pick<OpTable, FusedOp> = {
  linear: {
    doc: "x weight^T + bias over the last dimension",
    infer([x, weight, bias]) {
      requireFloat("linear", x);
      requireSameDType("linear", x, weight);
      requireRank("linear", "weight", weight, 2);
      const [O, I] = weight.shape;
      if (x.shape.length === 0 || x.shape[x.shape.length - 1] !== I) {
        throw new ShapeError(
          "linear",
          `x ${formatShape(x.shape)} does not end in ${I}, as weight ${formatShape(weight.shape)} needs`,
          "the last dimension of x is the input size",
        );
      }
      if (bias) {
        requireSameDType("linear", x, bias);
        requireShape("linear", "bias", bias, [O]);
      }
      return [{ shape: [...x.shape.slice(0, -1), O], dtype: x.dtype }];
    },
  },
  softmax: {
    doc: "exp(x) scaled to sum to 1 along an axis",
    edges: normalisedEdges,
    infer([x], { axis }) {
      requireFloat("softmax", x);
      requireAxis("softmax", axis, x.shape.length);
      return [x];
    },
  },
  logSoftmax: {
    doc: "log(softmax(x)) along an axis, without loss of digits",
    edges: normalisedEdges,
    infer([x], { axis }) {
      requireFloat("logSoftmax", x);
      requireAxis("logSoftmax", axis, x.shape.length);
      return [x];
    },
  },
  softmaxCrossEntropy: {
    doc: "-log(softmax(logits)) at each target, along an axis",
    edges:
      "A target that is no class, below 0 or past the last, has the loss 0 and the gradient 0, whatever its logits. Else NaN wins, and logits that are all -Infinity give NaN.",
    infer([logits, targets], { axis }) {
      const op = "softmaxCrossEntropy";
      requireFloat(op, logits);
      requireAxis(op, axis, logits.shape.length);
      requireDType(op, "targets", targets, "int32");
      const shape = logits.shape.filter((_, i) => i !== axis);
      requireShape(op, "targets", targets, shape);
      return [{ shape, dtype: logits.dtype }];
    },
  },
  layerNorm: {
    doc: "(x - mean) / sqrt(variance + eps) * weight + bias, with the population's mean and variance over the dimensions from an axis on",
    infer([x, weight, bias], { axis, eps }) {
      const op = "layerNorm";
      requireFloat(op, x);
      requireAxis(op, axis, x.shape.length);
      if (!(eps >= 0 && eps < Number.POSITIVE_INFINITY))
        throw new ArgumentError(op, `eps ${eps}`, "use a finite number of 0 or more");
      const normalised = x.shape.slice(axis);
      if (weight) {
        requireSameDType(op, x, weight);
        requireShape(op, "weight", weight, normalised);
      }
      if (bias) {
        requireSameDType(op, x, bias);
        requireShape(op, "bias", bias, normalised);
      }
      return [x];
    },
  },
  rnnSequence: {
    doc: "Elman layer over a whole sequence: h' = f(x W_ih^T + b_ih + h W_hh^T + b_hh)",
    edges: sequenceEdges,
    infer([x, h, wIh, wHh, bIh, bHh, lengths]) {
      const { T, B, H } = sequenceSizes("rnnSequence", 1, x, [h], wIh, wHh, [bIh, bHh], lengths);
      return [{ shape: [T, B, H], dtype: x.dtype }, h];
    },
  },
  lstmSequence: {
    doc: "LSTM layer over a whole sequence, gates i, f, g, o; weight_hr projects each hidden state: h' = (o tanh(c')) W_hr^T",
    edges: sequenceEdges,
    infer([x, h, c, wIh, wHh, bIh, bHh, lengths, wHr]) {
      const biases = [bIh, bHh];
      const { T, B, width } = sequenceSizes("lstmSequence", 4, x, [h, c], wIh, wHh, biases, lengths, wHr);
      return [{ shape: [T, B, width], dtype: x.dtype }, h, c];
    },
  },
  gruSequence: {
    doc: "GRU layer over a whole sequence, gates r, z, n; resetAfter applies r after the recurrent product, as PyTorch does",
    edges: sequenceEdges,
    infer([x, h, wIh, wHh, bIh, bHh, lengths]) {
      const { T, B, H } = sequenceSizes("gruSequence", 3, x, [h], wIh, wHh, [bIh, bHh], lengths);
      return [{ shape: [T, B, H], dtype: x.dtype }, h];
    },
  },
};
