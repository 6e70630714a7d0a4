import { table } from "@unrolled/backend";
import { expect, test } from "vitest";

const rows = Object.entries(table);

test("these are the ops of v1: one that goes away breaks the backends of others", () => {
  expect(rows.map(([op]) => op).sort()).toMatchInlineSnapshot(`
    [
      "abs",
      "adamStep",
      "add",
      "argmax",
      "broadcast",
      "cast",
      "concat",
      "cos",
      "cumsum",
      "div",
      "equal",
      "erf",
      "exp",
      "fill",
      "flip",
      "gather",
      "gruSequence",
      "iota",
      "layerNorm",
      "less",
      "linear",
      "log",
      "logSoftmax",
      "lstmSequence",
      "matmul",
      "max",
      "maximum",
      "minimum",
      "mul",
      "neg",
      "pad",
      "pow",
      "relu",
      "reshape",
      "rnnSequence",
      "scatterAdd",
      "sgdStep",
      "sigmoid",
      "sign",
      "sin",
      "slice",
      "softmax",
      "softmaxCrossEntropy",
      "sqrt",
      "sub",
      "sum",
      "tanh",
      "transpose",
      "where",
    ]
  `);
});

test.each(rows)("%s is documented in one line", (_, row) => {
  expect(row.doc).toMatch(/^\S.*\S$/);
  if (row.edges !== undefined) expect(row.edges).toMatch(/^\S.*\S$/);
});
