import type { DType, GraphValue, Shape } from "@unrolled/backend";
import { describe, test } from "vitest";
import { GraphMaker } from "../graph-maker.js";
import { numbers } from "../numbers.js";
import { type Host, host } from "../values.js";
import { expectSameAsInterpreter } from "./against-interpreter.js";
import { withGradient } from "./pair-cases.js";

const names = ["x", "weight", "bias"];

async function check(xShape: Shape, outputs: number, dtype: DType, biased: boolean, wanted = names): Promise<void> {
  const g = new GraphMaker();
  const inputs: Record<string, Host> = {};
  const input = (name: string, shape: Shape, seed: number) => {
    const size = shape.reduce((product, n) => product * n, 1);
    inputs[name] = host(dtype, shape, numbers(size, seed));
    return g.input(name, shape, dtype);
  };
  const features = xShape[xShape.length - 1];
  const x = input("x", xShape, 1);
  const weight = input("weight", [outputs, features], 2);
  const bias = biased ? input("bias", [outputs], 3) : null;
  const forward = g.node("linear", [x, weight, bias], {});
  const [y] = forward.outputs as [GraphValue];
  g.output("y", y);
  const cotangent = input("g_y", y.shape, 4);
  await expectSameAsInterpreter(
    withGradient(g, forward, [cotangent], names, (name) => wanted.includes(name)),
    inputs,
  );
}

describe("linear and its gradient in ONNX Runtime equal the interpreter", () => {
  for (const dtype of ["float32", "float64"] as const)
    for (const biased of [true, false])
      for (const shape of [[5], [3, 5], [1, 1], [2, 3, 7], [17, 1, 3, 2]])
        test(`${dtype}, x [${shape.join(", ")}], ${biased ? "a bias" : "no bias"}`, () =>
          check(shape, 7, dtype, biased));
  test.each(names)("only the gradient of %s", (name) => check([3, 2, 5], 7, "float32", true, [name]));
  test("no rows", () => check([0, 5], 7, "float32", true));
  test("no features", () => check([3, 0], 7, "float32", true));
  test("no outputs", () => check([3, 5], 0, "float32", true));
});
