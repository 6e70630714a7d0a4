import type { Attrs } from "@unrolled/backend";
import { float32Bits } from "../../fast/layer-norm.js";
import type { BoundBackward, BoundOp } from "../bind/bound.js";
import { Value } from "../bind/value.js";
import type { Piece } from "../plan/piece.js";
import type { Emission } from "./emission.js";
import { zerosPiece } from "./join.js";

/** Multiply-adds that take as long as an element of a softmax, and of a layer norm. */
const softmaxWork = 8;
const normWork = 8;

interface Rows {
  readonly rows: number;
  readonly n: number;
}

/** x as rows of its last dimension, if that is the one along the axis; null where no kernel takes it. */
function rowsOf(node: BoundOp): Rows | null {
  const [x] = node.inputs as readonly Value[];
  const { axis } = node.attrs as Attrs<"softmax">;
  const n = x.shape[axis];
  const fits = x.dtype === "float32" && x.length > 0 && axis === x.shape.length - 1;
  return fits ? { rows: x.length / n, n } : null;
}

function normRowsOf(node: BoundOp): Rows | null {
  const [x] = node.inputs as readonly Value[];
  const { axis } = node.attrs as Attrs<"layerNorm">;
  if (x.dtype !== "float32" || x.length === 0) return null;
  const n = x.shape.slice(axis).reduce((product, size) => product * size, 1);
  return { rows: x.length / n, n };
}

function piece(
  reads: readonly (Value | null)[],
  writes: readonly (Value | null)[],
  emit: (emission: Emission, at: (value: Value | null) => number) => void,
  scratch: readonly Value[] = [],
): Piece {
  return {
    kind: "piece",
    reads: reads.filter((value) => value !== null),
    writes: writes.filter((value) => value !== null),
    scratch,
    mayRaise: false,
    emit: (emission) => emit(emission, (value) => (value ? emission.address(value).offset : 0)),
  };
}

export function softmaxPiece(node: BoundOp): Piece | null {
  const size = rowsOf(node);
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (!size || !y) return null;
  const kernel = node.op === "softmax" ? "softmaxRows" : "logSoftmaxRows";
  const { rows, n } = size;
  return piece([x], [y], (emission, at) =>
    emission.callKernel(kernel, [at(x), at(y), rows, n], rows * n * softmaxWork),
  );
}

export function crossEntropyPiece(node: BoundOp): Piece | null {
  const size = rowsOf(node);
  const [x, targets] = node.inputs;
  const [losses] = node.outputs;
  if (!size || !losses) return null;
  const { rows, n } = size;
  return piece([x, targets], [losses], (emission, at) =>
    emission.callKernel("crossEntropyRows", [at(x), at(targets), at(losses), 0, rows, n], rows * n * softmaxWork),
  );
}

export function layerNormPiece(node: BoundOp): Piece | null {
  const size = normRowsOf(node);
  const [x, weight, bias] = node.inputs;
  const [y] = node.outputs;
  if (!size || !y) return null;
  const { rows, n } = size;
  const eps = float32Bits((node.attrs as Attrs<"layerNorm">).eps);
  return piece([x, weight, bias], [y], (emission, at) =>
    emission.callKernel("layerNormRows", [at(x), at(weight), at(bias), at(y), rows, n, eps], rows * n * normWork),
  );
}

/** Gradients of these need inputs and outputs alone, so the forward pass may run any way that gives its outputs a place. */
export function normalisedBackwardPiece(node: BoundBackward): Piece | null {
  const { forward, inputs, outputs } = node;
  const [dy] = inputs;
  const size = forward.op === "layerNorm" ? normRowsOf(forward) : rowsOf(forward);
  if (!size) return null;
  if (!dy) return zerosPiece(outputs);
  if (forward.op === "layerNorm") return layerNormBackward(node, dy, size);
  return forward.op === "softmaxCrossEntropy" ? crossEntropyBackward(node, dy, size) : softmaxBackward(node, dy, size);
}

function softmaxBackward({ forward, outputs }: BoundBackward, dy: Value, { rows, n }: Rows): Piece | null {
  const [y] = forward.outputs;
  const [dx] = outputs;
  if (!y) return null;
  const kernel = forward.op === "softmax" ? "softmaxGradientRows" : "logSoftmaxGradientRows";
  return piece([y, dy], [dx], (emission, at) =>
    emission.callKernel(kernel, [at(y), at(dy), at(dx), rows, n], rows * n * softmaxWork),
  );
}

function crossEntropyBackward({ forward, outputs }: BoundBackward, dy: Value, { rows, n }: Rows): Piece {
  const [x, targets] = forward.inputs;
  const [dx] = outputs;
  return piece([x, targets, dy], [dx], (emission, at) => {
    emission.callKernel("softmaxRows", [at(x), at(dx), rows, n], rows * n * softmaxWork);
    emission.callKernel("crossEntropyGradientRows", [at(dx), at(targets), at(dy), at(dx), rows, n], rows * n);
  });
}

function layerNormBackward({ forward, outputs }: BoundBackward, dy: Value, { rows, n }: Rows): Piece {
  const [x, weight] = forward.inputs;
  const [dx, dWeight, dBias] = outputs;
  const moments = Value.scratch(2 * rows);
  const eps = float32Bits((forward.attrs as Attrs<"layerNorm">).eps);
  return piece(
    [x, weight, dy],
    outputs,
    (emission, at) => {
      const work = rows * n * normWork;
      const m = at(moments);
      if (dx || dWeight)
        emission.callKernel("layerNormGradientRows", [at(x), at(weight), at(dy), m, at(dx), rows, n, eps], work);
      if (dWeight || dBias)
        emission.callKernel("layerNormSums", [at(x), at(dy), m, at(dWeight), at(dBias), rows, n], work);
    },
    [moments],
  );
}
