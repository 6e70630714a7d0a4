import type { DType } from "@unrolled/backend";
import { graphToOnnx, onnxToGraph } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { GraphMaker } from "../graph-maker.js";
import { naiveSequence } from "../naive-sequence.js";
import { expectClose } from "../numbers.js";
import { opCases } from "../op-cases.js";
import { kinds, makeCase, sequenceGraph } from "../sequence-cases.js";
import type { Host } from "../values.js";
import { interpret } from "./round-trip.js";

const tolerances: { readonly [D in DType]: number } = { float32: 2e-6, float64: 1e-12, int32: 0, bool: 0 };

describe.each([17, 21])("opset %i: exported, imported and run on the CPU backend", (opset) => {
  test.each(opCases)("$title", async ({ op, inputs, attrs }) => {
    const g = new GraphMaker();
    const feeds: Record<string, Host> = {};
    const values = inputs.map((x, i) => {
      feeds[`x${i}`] = x;
      return g.input(`x${i}`, x.shape, x.dtype);
    });
    const [y] = g.op(op, values, attrs as never);
    g.output("y", y);
    const graph = onnxToGraph(graphToOnnx(g.build(), { opset }));
    expect(graph.inputs.map(({ name, value }) => [name, value.shape, value.dtype])).toEqual(
      inputs.map((x, i) => [`x${i}`, x.shape, x.dtype]),
    );
    const actual = (await interpret(graph, feeds)).y;
    expect(actual.shape).toEqual(y.shape);
    const expected = (await interpret(g.build(), feeds)).y;
    expectClose(actual.data, expected.data, tolerances[y.dtype] * (op === "matmul" || op === "erf" ? 50 : 1));
  });
});

describe.each([
  ["softmax", { axis: 0 }, 1],
  ["logSoftmax", { axis: 1 }, 1],
  ["layerNorm", { axis: 1, eps: 0.125 }, 3],
] as const)("%s there and back", (op, attrs, count) => {
  test("is the same node", () => {
    const g = new GraphMaker();
    const inputs = [g.input("x", [3, 5], "float32"), g.input("w", [5], "float32"), g.input("b", [5], "float32")];
    const [y] = g.op(op, inputs.slice(0, count), attrs as never);
    g.output("y", y);
    const { nodes } = onnxToGraph(graphToOnnx(g.build()));
    expect(nodes.map((node) => [node.op, node.kind === "op" && node.attrs])).toEqual([[op, attrs]]);
  });
});

describe.each(kinds)("%s there and back equals the loop", (kind) => {
  const sizes = { T: 5, B: 3, I: 2, H: 7 };
  for (const reverse of [false, true]) {
    for (const constantWeights of [false, true]) {
      for (const lengths of [null, [5, 2, 1]]) {
        const where = `${reverse ? "backwards" : "forwards"}, weights ${constantWeights ? "constant" : "fed"}, lengths ${lengths}`;
        test(where, async () => {
          const s = makeCase(kind, sizes, { reverse, ...(lengths && { lengths }) });
          const { graph, inputs } = sequenceGraph(s, constantWeights);
          const imported = onnxToGraph(graphToOnnx(graph));
          const [actual, expected] = [await interpret(imported, inputs), naiveSequence(s)];
          expectClose(actual.y.data, expected.y, 1e-5);
          expectClose(actual.h_n.data, expected.h, 1e-5);
          if (kind === "lstm") expectClose(actual.c_n.data, expected.c, 1e-5);
          const ops = imported.nodes.map(({ op }) => op);
          expect(ops.filter((op) => op.endsWith("Sequence"))).toHaveLength(1);
          if (constantWeights) expect(ops.includes("concat")).toBe(false);
        });
      }
    }
  }
});
