import { expect, test } from "vitest";
import { GraphMaker } from "./graph-maker.js";
import { expectClose, random } from "./numbers.js";
import { runOnce } from "./ort.js";
import { host } from "./values.js";

const shapes = [[5], [3, 5], [1, 1], [2, 3, 4], [0, 4], [2, 0, 4], [2, 0], [0]];

for (const shape of shapes) {
  for (const bias of [true, false]) {
    for (const dtype of ["float32", "float64"] as const) {
      test(`linear ${dtype} x [${shape}] ${bias ? "with" : "without"} bias`, async () => {
        const inputs = shape[shape.length - 1];
        const outputs = 3;
        const g = new GraphMaker();
        const asType = (x: { data: ArrayLike<number>; shape: readonly number[] }) =>
          host(dtype, x.shape, Array.from(x.data));
        const x = asType(random(shape, 1));
        const weight = asType(random([outputs, inputs], 2));
        const b = asType(random([outputs], 3));
        const values = [
          g.input("x", shape, dtype),
          g.constant(weight.data, weight.shape, dtype),
          bias ? g.input("bias", [outputs], dtype) : null,
        ];
        g.output("y", g.op("linear", values, {})[0]);
        const { y } = await runOnce(g.build(), bias ? { x, bias: b } : { x });
        expect(y.shape).toEqual([...shape.slice(0, -1), outputs]);
        const expected = Array.from({ length: y.data.length }, (_, flat) => {
          const [row, o] = [Math.floor(flat / outputs), flat % outputs];
          let sum = bias ? b.data[o] : 0;
          for (let i = 0; i < inputs; i++) sum += x.data[row * inputs + i] * weight.data[o * inputs + i];
          return sum;
        });
        expectClose(y.data, expected, dtype === "float32" ? 2e-6 : 1e-14);
      });
    }
  }
}
