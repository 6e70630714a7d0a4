import { type Attrs, DTypeError, type Meta, ShapeError, table } from "@unrolled/backend";
import { describe, expect, test } from "vitest";
import { f32, f64, i32 } from "./metas.js";

const sgd: Attrs<"sgdStep"> = { momentum: 0.9, nesterov: false, weightDecay: 0, maximize: false };
const adam: Attrs<"adamStep"> = {
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0,
  decoupledWeightDecay: false,
  maximize: false,
};

describe("sgdStep", () => {
  test("gives the parameter and its momentum buffer, where there is one", () => {
    expect(table.sgdStep.infer([f32(2, 3), f32(2, 3), f32(2, 3), f32(), f32()], sgd)).toEqual([f32(2, 3), f32(2, 3)]);
    expect(table.sgdStep.infer([f64(2), f64(2), null, f64(), null], sgd)).toEqual([f64(2), null]);
  });

  test("refuses a gradient or buffer of another shape", () => {
    expect(() => table.sgdStep.infer([f32(2, 3), f32(3), null, f32(), null], sgd)).toThrow(
      "sgdStep: gradient or state must be [2, 3], got [3]",
    );
    expect(() => table.sgdStep.infer([f32(2), f32(2), f32(3), f32(), null], sgd)).toThrow(ShapeError);
  });

  test("refuses a learning rate or gain that is no scalar", () => {
    expect(() => table.sgdStep.infer([f32(2), f32(2), null, f32(1), null], sgd)).toThrow(
      "sgdStep: scalar must be [], got [1]",
    );
    expect(() => table.sgdStep.infer([f32(2), f32(2), null, f32(), f32(2)], sgd)).toThrow(ShapeError);
  });

  test("refuses int32 and two dtypes", () => {
    expect(() => table.sgdStep.infer([i32(2), i32(2), null, i32(), null], sgd)).toThrow(DTypeError);
    expect(() => table.sgdStep.infer([f32(2), f64(2), null, f32(), null], sgd)).toThrow(DTypeError);
    expect(() => table.sgdStep.infer([f32(2), f32(2), null, f64(), null], sgd)).toThrow(DTypeError);
  });
});

describe("adamStep", () => {
  test("gives the parameter and its averages; the running maximum only where it came in", () => {
    const p = f32(2, 3);
    expect(table.adamStep.infer([p, p, p, p, p, f32(), f32(), f32()], adam)).toEqual([p, p, p, p]);
    expect(table.adamStep.infer([p, p, p, p, null, f32(), f32(), f32()], adam)).toEqual([p, p, p, null]);
  });

  test.each([1, 2, 3, 4])("refuses input %i of another shape or dtype", (position) => {
    const inferWith = (other: Meta) => {
      const [p, g, m, v, max] = [0, 1, 2, 3, 4].map((i) => (i === position ? other : f32(2)));
      return table.adamStep.infer([p, g, m, v, max, f32(), f32(), f32()], adam);
    };
    expect(() => inferWith(f32(3))).toThrow(ShapeError);
    expect(() => inferWith(f64(2))).toThrow(DTypeError);
  });

  test("refuses rates that are no scalars", () => {
    const p = f32(2);
    expect(() => table.adamStep.infer([p, p, p, p, null, f32(1), f32(), f32()], adam)).toThrow(ShapeError);
    expect(() => table.adamStep.infer([p, p, p, p, null, f32(), f32(2), f32()], adam)).toThrow(ShapeError);
    expect(() => table.adamStep.infer([p, p, p, p, null, f32(), f32(), f32(1)], adam)).toThrow(ShapeError);
  });
});
