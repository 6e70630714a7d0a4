import {
  ArgumentError,
  type Attrs,
  DTypeError,
  type FusedOp,
  type In,
  type Meta,
  ShapeError,
  type UpdateOp,
} from "@unrolled/backend";
import { f32, f64, i32, type Refusals, type Refused } from "./refused.js";

interface SequenceSizes {
  readonly x?: Meta;
  readonly h?: Meta;
  readonly wIh?: Meta;
  readonly wHh?: Meta;
  readonly bIh?: Meta;
  readonly lengths?: Meta;
}

/** Calls that fit T 4, B 3, I 2, H 5 but for one input. */
const sequenceMisfits: readonly (readonly [
  string,
  (gates: number) => SequenceSizes,
  typeof ShapeError | typeof DTypeError,
])[] = [
  ["no time steps", () => ({ x: f32(0, 3, 2) }), ShapeError],
  ["x of rank 2", () => ({ x: f32(3, 2) }), ShapeError],
  ["x of int32", () => ({ x: i32(4, 3, 2) }), DTypeError],
  ["a state of another batch", () => ({ h: f32(4, 5) }), ShapeError],
  ["a state of another dtype", () => ({ h: f64(3, 5) }), DTypeError],
  ["weight_ih of another input size", (gates) => ({ wIh: f32(gates * 5, 3) }), ShapeError],
  ["weight_ih of too few gates", (gates) => ({ wIh: f32(gates * 5 - 1, 2) }), ShapeError],
  ["weight_hh that is not [gates H, H]", (gates) => ({ wHh: f32(gates * 5 + 1, 5) }), ShapeError],
  ["weight_hh of rank 1", () => ({ wHh: f32(5) }), ShapeError],
  ["a bias of another size", (gates) => ({ bIh: f32(gates * 5 + 1) }), ShapeError],
  ["float lengths", () => ({ lengths: f32(3) }), DTypeError],
  ["lengths of another batch", () => ({ lengths: i32(4) }), ShapeError],
];

type SequenceOp = "rnnSequence" | "lstmSequence" | "gruSequence";

function sequenceCases<K extends SequenceOp>(gates: number, attrs: Attrs<K>, states: number): Refused<K>[] {
  return sequenceMisfits.map(([name, change, error]) => {
    const { x = f32(4, 3, 2), h = f32(3, 5), wIh, wHh, bIh, lengths } = change(gates);
    const rest = states === 2 ? [f32(3, 5)] : [];
    const weights = [wIh ?? f32(gates * 5, 2), wHh ?? f32(gates * 5, 5)];
    const projection = states === 2 ? [null] : [];
    const metas = [x, h, ...rest, ...weights, bIh ?? null, null, lengths ?? null, ...projection];
    return { name, metas: metas as unknown as In<K, Meta>, attrs, error };
  });
}

function lineCases<K extends "softmax" | "logSoftmax">(_op: K): Refused<K>[] {
  return [
    { name: "int32", metas: [i32(3, 5)] as unknown as In<K, Meta>, attrs: { axis: 1 } as Attrs<K>, error: DTypeError },
    { name: "a scalar", metas: [f32()] as unknown as In<K, Meta>, attrs: { axis: 0 } as Attrs<K>, error: ShapeError },
    { name: "axis -1", metas: [f32(3)] as unknown as In<K, Meta>, attrs: { axis: -1 } as Attrs<K>, error: ShapeError },
  ];
}

const norm: Attrs<"layerNorm"> = { axis: 1, eps: 1e-5 };

const sgd: Attrs<"sgdStep"> = { momentum: 0.9, nesterov: false, weightDecay: 0, maximize: false };
const adam: Attrs<"adamStep"> = {
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0,
  decoupledWeightDecay: false,
  maximize: false,
};

export const fused: Refusals<FusedOp | UpdateOp> = {
  linear: [
    { name: "another input size", metas: [f32(3, 4), f32(7, 5), null], attrs: {}, error: ShapeError },
    { name: "a scalar", metas: [f32(), f32(7, 5), null], attrs: {}, error: ShapeError },
    { name: "a weight of rank 1", metas: [f32(3, 5), f32(5), null], attrs: {}, error: ShapeError },
    { name: "a bias of another size", metas: [f32(3, 5), f32(7, 5), f32(5)], attrs: {}, error: ShapeError },
    { name: "a bias of another dtype", metas: [f32(3, 5), f32(7, 5), f64(7)], attrs: {}, error: DTypeError },
    { name: "int32", metas: [i32(3, 5), i32(7, 5), null], attrs: {}, error: DTypeError },
  ],
  softmax: lineCases("softmax"),
  logSoftmax: lineCases("logSoftmax"),
  softmaxCrossEntropy: [
    { name: "float targets", metas: [f32(3, 5), f32(3)], attrs: { axis: 1 }, error: DTypeError },
    { name: "targets of another size", metas: [f32(3, 5), i32(5)], attrs: { axis: 1 }, error: ShapeError },
    { name: "targets as long as the classes", metas: [f32(3, 5), i32(3, 5)], attrs: { axis: 1 }, error: ShapeError },
    { name: "int32 logits", metas: [i32(3, 5), i32(3)], attrs: { axis: 1 }, error: DTypeError },
    { name: "an axis that does not exist", metas: [f32(3, 5), i32(3)], attrs: { axis: 2 }, error: ShapeError },
  ],
  layerNorm: [
    { name: "a weight of another size", metas: [f32(3, 5), f32(3), null], attrs: norm, error: ShapeError },
    { name: "a bias of another size", metas: [f32(3, 5), f32(5), f32(1)], attrs: norm, error: ShapeError },
    { name: "a weight of another dtype", metas: [f32(3, 5), f64(5), null], attrs: norm, error: DTypeError },
    { name: "a bias of another dtype", metas: [f32(3, 5), null, f64(5)], attrs: norm, error: DTypeError },
    { name: "int32", metas: [i32(3, 5), null, null], attrs: norm, error: DTypeError },
    { name: "an axis past the last", metas: [f32(3, 5), null, null], attrs: { axis: 2, eps: 0 }, error: ShapeError },
    { name: "a negative eps", metas: [f32(3), null, null], attrs: { axis: 0, eps: -1 }, error: ArgumentError },
  ],
  rnnSequence: sequenceCases<"rnnSequence">(1, { nonlinearity: "tanh", reverse: false }, 1),
  lstmSequence: [
    ...sequenceCases<"lstmSequence">(4, { reverse: false }, 2),
    {
      name: "a cell state of another size",
      metas: [f32(4, 3, 2), f32(3, 5), f32(3, 4), f32(20, 2), f32(20, 5), null, null, null, null],
      attrs: { reverse: false },
      error: ShapeError,
    },
    {
      name: "a hidden state that is not projected",
      metas: [f32(4, 3, 2), f32(3, 5), f32(3, 5), f32(20, 2), f32(20, 2), null, null, null, f32(2, 5)],
      attrs: { reverse: false },
      error: ShapeError,
    },
    {
      name: "a projection of another hidden size",
      metas: [f32(4, 3, 2), f32(3, 2), f32(3, 5), f32(20, 2), f32(20, 2), null, null, null, f32(2, 4)],
      attrs: { reverse: false },
      error: ShapeError,
    },
    {
      name: "a projection of another dtype",
      metas: [f32(4, 3, 2), f32(3, 2), f32(3, 5), f32(20, 2), f32(20, 2), null, null, null, f64(2, 5)],
      attrs: { reverse: false },
      error: DTypeError,
    },
  ],
  gruSequence: sequenceCases<"gruSequence">(3, { resetAfter: true, reverse: false }, 1),
  sgdStep: [
    { name: "a gradient of another shape", metas: [f32(3), f32(4), null, f32(), null], attrs: sgd, error: ShapeError },
    { name: "a buffer of another shape", metas: [f32(3), f32(3), f32(1), f32(), null], attrs: sgd, error: ShapeError },
    { name: "a rate that is not 0-d", metas: [f32(3), f32(3), null, f32(1), null], attrs: sgd, error: ShapeError },
    { name: "a rate of another dtype", metas: [f32(3), f32(3), null, f64(), null], attrs: sgd, error: DTypeError },
    { name: "an int32 parameter", metas: [i32(3), i32(3), null, i32(), null], attrs: sgd, error: DTypeError },
  ],
  adamStep: [
    {
      name: "an average of another shape",
      metas: [f32(3), f32(3), f32(4), f32(3), null, f32(), f32(), f32()],
      attrs: adam,
      error: ShapeError,
    },
    {
      name: "a step size that is not 0-d",
      metas: [f32(3), f32(3), f32(3), f32(3), null, f32(), f32(1), f32()],
      attrs: adam,
      error: ShapeError,
    },
    {
      name: "a maximum of another dtype",
      metas: [f32(3), f32(3), f32(3), f32(3), f64(3), f32(), f32(), f32()],
      attrs: adam,
      error: DTypeError,
    },
  ],
};
