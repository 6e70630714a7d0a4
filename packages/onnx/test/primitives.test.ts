import { type DType, type PrimitiveOp, table } from "@unrolled/backend";
import { maximumOpset, minimumOpset } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { GraphMaker } from "./graph-maker.js";
import { naiveOp } from "./naive-ops.js";
import { expectClose } from "./numbers.js";
import { opCases } from "./op-cases.js";
import { runOnce } from "./ort.js";
import { type Host, host } from "./values.js";

const opsets = Array.from({ length: maximumOpset - minimumOpset + 1 }, (_, i) => minimumOpset + i);
/** Against elements of size 1; sums of many products are larger before they cancel. */
const tolerances: { readonly [D in DType]: number } = { float32: 2e-6, float64: 1e-13, int32: 0, bool: 0 };

describe.each(opsets)("opset %i: ONNX Runtime equals the op table's words", (opset) => {
  test.each(opCases)("$title", async ({ op, inputs, attrs }) => {
    const g = new GraphMaker();
    const feeds: Record<string, Host> = {};
    const values = inputs.map((x, i) => {
      feeds[`x${i}`] = x;
      return g.input(`x${i}`, x.shape, x.dtype);
    });
    const [y] = g.op(op, values, attrs as never);
    g.output("y", y);
    const actual = (await runOnce(g.build(), feeds, { opset })).y;
    expect(actual.shape).toEqual(y.shape);
    const expected = host(y.dtype, y.shape, naiveOp(op, inputs, attrs as never));
    expectClose(actual.data, expected.data, tolerances[y.dtype] * (op === "matmul" ? 50 : 1));
  });
});

test("every primitive has a case", () => {
  const fusedOrUpdate = /Sequence$|Step$|^linear$|oftmax|^layerNorm$/;
  const primitives = Object.keys(table).filter((op) => !fusedOrUpdate.test(op)) as PrimitiveOp[];
  const tried = new Set(opCases.map(({ op }) => op));
  expect(primitives.filter((op) => !tried.has(op))).toEqual([]);
});
