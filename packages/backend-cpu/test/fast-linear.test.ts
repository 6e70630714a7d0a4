import { type Call, type TypedArray, table } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { fastLinear } from "../src/fast/linear.js";
import { linear } from "../src/linear.js";
import { expectClose, f32, floats } from "./fast-kernels.js";
import { testEngines } from "./fast-sequence.js";

const cases: readonly (readonly [lead: readonly number[], I: number, O: number])[] = [
  [[1], 65, 33],
  [[33], 65, 1],
  [[], 65, 33],
  [[17], 33, 7],
  [[5, 13], 7, 5],
  [[700], 1, 3],
  [[700], 3, 1],
  [[3], 17, 65],
  [[100], 129, 67],
  [[0], 100, 100],
  [[40], 0, 100],
];

describe.each(testEngines())("linear in WebAssembly with %s", (_name, engine) => {
  test.each(cases)("rows %j, %i inputs, %i outputs: equals the plain kernel", (lead, I, O) => {
    const rows = lead.reduce((n, d) => n * d, 1);
    const fast = fastLinear(() => engine);
    for (const bias of [floats(3, O), null]) {
      const inputs = [floats(1, rows * I), floats(2, O * I), bias] as const;
      const metas = [f32([...lead, I]), f32([O, I]), bias ? f32([O]) : null] as const;
      const call: Call<"linear"> = { attrs: {}, in: metas, out: table.linear.infer(metas, {}) };
      const { out, reserve } = fast.forward(inputs, call, true);
      const expected = linear.forward(inputs, call, true);
      expectClose(out[0], expected.out[0], 1e-6, Math.sqrt(I));
      expect(fast.forward(inputs, call, false).out[0]).toEqual(out[0]);
      const dy = [floats(4, rows * O)] as const;
      for (const wanted of [
        [true, true, true],
        [true, false, false],
        [false, true, false],
        [false, false, true],
        [false, false, false],
      ] as const) {
        const got = fast.backward(dy, inputs, out, reserve as object, call, wanted);
        const plain = linear.backward(dy, inputs, out, expected.reserve as object, call, wanted);
        plain.forEach((gradient, i) => {
          if (gradient === null) expect(got[i]).toBeNull();
          else expectClose(got[i] as TypedArray, gradient, 1e-6, Math.sqrt(Math.max(rows, O)));
        });
      }
      const nothing = fast.backward([null], inputs, out, reserve as object, call, [true, true, true]);
      expect(nothing[0]).toEqual(new Float32Array(rows * I));
    }
  });
});
