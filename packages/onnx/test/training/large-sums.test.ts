import type { Shape } from "@unrolled/backend";
import { expect, it } from "vitest";
import { GraphMaker } from "../graph-maker.js";
import { numbers } from "../numbers.js";
import { runOnce } from "../ort.js";
import { f32 } from "../values.js";

async function relativeError(shape: Shape, keepDims: boolean): Promise<number> {
  const size = shape.reduce((product, n) => product * n, 1);
  const x = f32(
    shape,
    numbers(size).map((v) => v * v),
  );
  const g = new GraphMaker();
  const axes = shape.map((_, i) => i);
  const [sum] = g.op("sum", [g.input("x", shape, "float32")], { axes, keepDims });
  g.output("sum", sum);
  const exact = Array.from(x.data).reduce((total, v) => total + v, 0);
  const result = (await runOnce(g.build(), { x })).sum;
  expect(result.shape).toEqual(keepDims ? shape.map(() => 1) : []);
  return Math.abs(result.data[0] / exact - 1);
}

it.each([
  [[32, 64, 256], false],
  [[1, 512, 1024], true],
  [[512, 1024], false],
] as const)("the sum of half a million numbers %j keeps its digits (keepDims %s)", async (shape, keepDims) => {
  expect(await relativeError(shape, keepDims)).toBeLessThan(1e-6);
});
