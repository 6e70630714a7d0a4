import type { DType, FusedOp, GraphValue, Shape } from "@unrolled/backend";
import { describe, test } from "vitest";
import { GraphMaker } from "../graph-maker.js";
import { numbers } from "../numbers.js";
import { type Host, host } from "../values.js";
import { expectSameAsInterpreter } from "./against-interpreter.js";
import { withGradient } from "./pair-cases.js";

interface Case {
  readonly op: FusedOp;
  readonly attrs: object;
  readonly x: Shape;
  /** Class indices, for cross-entropy. */
  readonly targets?: readonly number[];
  /** Weight and bias, for layer norm. */
  readonly learned?: readonly [boolean, boolean];
  readonly wanted?: readonly string[];
}

async function check({ op, attrs, x, targets, learned, wanted }: Case, dtype: DType): Promise<void> {
  const g = new GraphMaker();
  const inputs: Record<string, Host> = {};
  const input = (name: string, shape: Shape, seed: number): GraphValue => {
    const size = shape.reduce((product, n) => product * n, 1);
    inputs[name] = host(dtype, shape, numbers(size, seed));
    return g.input(name, shape, dtype);
  };
  const names = learned ? ["x", "weight", "bias"] : targets ? ["x", "targets"] : ["x"];
  const given: (GraphValue | null)[] = [input("x", x, 1)];
  const { axis } = attrs as { readonly axis: number };
  if (targets) {
    const rest = x.filter((_, i) => i !== axis);
    inputs.targets = host("int32", rest, targets);
    given.push(g.input("targets", rest, "int32"));
  }
  const own = x.slice(axis);
  if (learned) given.push(learned[0] ? input("weight", own, 2) : null, learned[1] ? input("bias", own, 3) : null);
  const forward = g.node(op, given, attrs as never);
  const [y] = forward.outputs as [GraphValue];
  g.output("y", y);
  const cotangent = input("g_y", y.shape, 4);
  const graph = withGradient(g, forward, [cotangent], names, (name) => wanted?.includes(name) ?? true);
  await expectSameAsInterpreter(graph, inputs);
}

const cases: readonly (readonly [string, Case])[] = [
  ["softmax of rows", { op: "softmax", attrs: { axis: 1 }, x: [3, 5] }],
  ["softmax of columns", { op: "softmax", attrs: { axis: 0 }, x: [3, 5] }],
  ["logSoftmax of rows", { op: "logSoftmax", attrs: { axis: 1 }, x: [3, 5] }],
  ["logSoftmax in the middle", { op: "logSoftmax", attrs: { axis: 1 }, x: [2, 3, 4] }],
  ["cross-entropy", { op: "softmaxCrossEntropy", attrs: { axis: 1 }, x: [3, 5], targets: [4, 0, 2] }],
  ["cross-entropy, no class", { op: "softmaxCrossEntropy", attrs: { axis: 1 }, x: [3, 5], targets: [-1, 0, 5] }],
  ["cross-entropy in time", { op: "softmaxCrossEntropy", attrs: { axis: 1 }, x: [2, 3, 2], targets: [0, 2, -1, 1] }],
  ["layerNorm", { op: "layerNorm", attrs: { axis: 1, eps: 1e-5 }, x: [3, 5], learned: [true, true] }],
  ["layerNorm of two axes", { op: "layerNorm", attrs: { axis: 1, eps: 0.1 }, x: [3, 2, 4], learned: [true, false] }],
  ["layerNorm of all", { op: "layerNorm", attrs: { axis: 0, eps: 0.1 }, x: [7], learned: [true, true] }],
  ["layerNorm, nothing learned", { op: "layerNorm", attrs: { axis: 1, eps: 0.1 }, x: [3, 5], learned: [false, false] }],
  [
    "layerNorm, the weight's gradient alone",
    { op: "layerNorm", attrs: { axis: 1, eps: 0.1 }, x: [3, 5], learned: [true, true], wanted: ["weight"] },
  ],
];

describe.each(["float32", "float64"] as const)(
  "%s: an op and its gradient in ONNX Runtime equal the interpreter",
  (dtype) => {
    test.each(cases)("%s", (_name, c) => check(c, dtype));
  },
);
