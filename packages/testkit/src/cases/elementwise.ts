import type { DType, Shape } from "@unrolled/backend";
import { anyNumber, awayFromZero, type Draw, positive, random, withTies } from "../host.js";
import { comparisonEdges, floatEdges, intEdges } from "./edges.js";
import type { BinaryOp, UnaryOp } from "./elementwise-ops.js";
import { describeInputs, type OpCase } from "./op-case.js";
import { broadcastPairs, every, floats, numeric, shapes } from "./shapes.js";
import { sweeps } from "./sweeps.js";

export function unaryCases(op: UnaryOp): OpCase[] {
  const whole = op === "neg" || op === "abs" || op === "sign" || op === "relu";
  const draw = op === "log" || op === "sqrt" ? positive : anyNumber;
  const overShapes = (whole ? numeric : floats).flatMap((dtype) =>
    shapes.map(
      (shape): OpCase => ({
        op,
        label: describeInputs(dtype, shape),
        inputs: [random(op, dtype, shape, draw)],
        attrs: {},
      }),
    ),
  );
  return [...overShapes, ...sweeps(op), ...floatEdges(op), ...intEdges(op)];
}

const accepted: Readonly<Record<BinaryOp, readonly DType[]>> = {
  add: numeric,
  sub: numeric,
  mul: numeric,
  div: floats,
  pow: floats,
  maximum: numeric,
  minimum: numeric,
  equal: every,
  less: every,
};

function drawsOf(op: BinaryOp): readonly [Draw, Draw] {
  if (op === "div") return [anyNumber, awayFromZero];
  if (op === "pow") return [positive, anyNumber];
  if (op === "add" || op === "sub" || op === "mul") return [anyNumber, anyNumber];
  return [withTies, withTies];
}

export function binaryCases(op: BinaryOp): OpCase[] {
  const [drawA, drawB] = drawsOf(op);
  const of = (dtype: DType, a: Shape, b: Shape): OpCase => ({
    op,
    label: describeInputs(dtype, a, b),
    inputs: [random(`${op} a`, dtype, a, drawA), random(`${op} b`, dtype, b, drawB)],
    attrs: {},
  });
  const overShapes = accepted[op].flatMap((dtype) => [
    ...shapes.map((shape) => of(dtype, shape, shape)),
    ...broadcastPairs.flatMap(([a, b]) => [of(dtype, a, b), of(dtype, b, a)]),
  ]);
  return [...overShapes, ...sweeps(op), ...floatEdges(op), ...intEdges(op), ...comparisonEdges(op)];
}

const triples: readonly (readonly [Shape, Shape, Shape])[] = [
  [[], [], []],
  [[33], [33], [33]],
  [
    [3, 5],
    [3, 5],
    [3, 5],
  ],
  [[3, 1], [5], []],
  [[], [3, 5], [5]],
  [[5], [3, 1], [3, 5]],
  [[2, 1, 3], [5, 1], [1]],
  [[2, 3, 5], [], []],
  [
    [2, 1, 3, 1, 2],
    [1, 5, 1, 2, 1],
    [3, 1, 1],
  ],
  [[0], [1], []],
  [
    [3, 1],
    [1, 0],
    [3, 0],
  ],
];

export function whereCases(): OpCase<"where">[] {
  const overShapes = every.flatMap((dtype) =>
    triples.map(
      ([condition, a, b]): OpCase<"where"> => ({
        op: "where",
        label: describeInputs(dtype, condition, a, b),
        inputs: [
          random("where condition", "bool", condition),
          random("where a", dtype, a),
          random("where b", dtype, b),
        ],
        attrs: {},
      }),
    ),
  );
  return [...overShapes, ...(floatEdges("where") as OpCase<"where">[])];
}
