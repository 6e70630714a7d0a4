import { type Meta, type Op, table } from "@unrolled/backend";
import { shapeErrorCases } from "@unrolled/testkit";
import { expect, test } from "vitest";

type Infer = (metas: readonly (Meta | null)[], attrs: object) => unknown;

test.each(shapeErrorCases)("$op refuses $name", ({ op, metas, attrs, error }) => {
  const infer = table[op].infer as unknown as Infer;
  expect(() => infer(metas, attrs)).toThrow(error);
  expect(() => infer(metas, attrs)).toThrow(new RegExp(`^${op}: .+; .+`));
});

test("every op of the table refuses something", () => {
  const refused = new Set<Op>(shapeErrorCases.map((c) => c.op));
  expect(Object.keys(table).filter((op) => !refused.has(op as Op))).toEqual([]);
});
