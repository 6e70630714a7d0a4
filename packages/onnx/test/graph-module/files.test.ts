import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, trace } from "@unrolled/core";
import { exportOnnx, graphToOnnx, importOnnx } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { runFile } from "../import/round-trip.js";
import { expectClose } from "../numbers.js";
import { gradientsOf, modelFiles, read, tensorsOf } from "./models.js";

setDefaultBackend(cpu());

const sizes = [
  [6, 2],
  [1, 1],
  [9, 3],
] as const;

const dataOf = (outputs: Readonly<Record<string, Tensor>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, Array.from(y.dataSync())]));

describe.each(modelFiles)("$name", ({ name, feeds, wide }) => {
  const model = importOnnx(read(name));

  test.each(sizes)("gives ONNX Runtime's numbers at %i steps, batch %i", async (time, batch) => {
    const given = feeds(time, batch);
    const expected = await runFile(read(name), given, wide);
    const actual = model.run(tensorsOf(given));
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [output, { shape, data }] of Object.entries(expected)) {
      expect(actual[output].shape).toEqual(shape);
      expectClose(actual[output].dataSync(), data, 1e-5);
    }
  });

  test("exported and imported again, outputs and gradients are the same", async () => {
    const given = feeds(4, 2);
    const graph = await trace((inputs) => model.run(inputs), tensorsOf(given), { constants: model });
    const again = importOnnx(graphToOnnx(graph));
    const [actual, expected] = [dataOf(again.run(tensorsOf(given))), dataOf(model.run(tensorsOf(given)))];
    for (const output of Object.keys(expected)) expectClose(actual[output], expected[output], 1e-5);
    // The file of a layer used twice holds its weights twice.
    if (name === "twins") return;
    const gradients = Object.entries(gradientsOf(again, given));
    const before = Object.entries(gradientsOf(model, given));
    const summary = (list: typeof gradients): number[] => list.map(([, g]) => Math.hypot(...g)).sort((a, b) => a - b);
    expectClose(summary(gradients), summary(before), 1e-4);
    for (const [parameter, g] of gradients) {
      const same = before.find(([old]) => old === parameter);
      if (same) expectClose(g, same[1], 1e-4);
    }
  });

  test("exported with named sizes and imported again, names, outputs and gradients are the same", async () => {
    const other = feeds(5, 2);
    const third = feeds(4, 3);
    const inputs = Object.fromEntries(
      Object.entries(feeds(4, 2)).map(([input, { shape, dtype }]) => {
        const named = shape.map((size, i) =>
          other[input].shape[i] !== size ? "time" : third[input].shape[i] !== size ? "batch" : size,
        );
        return [input, { shape: named, dtype }];
      }),
    );
    const bytes = await exportOnnx(model, { inputs, forward: (given) => model.run(given as Record<string, Tensor>) });
    const again = importOnnx(bytes);
    if (name !== "twins") expect(Object.keys(again.stateDict()).sort()).toEqual(Object.keys(model.stateDict()).sort());
    for (const [time, batch] of sizes) {
      const given = feeds(time, batch);
      const expected = dataOf(model.run(tensorsOf(given)));
      const actual = dataOf(again.run(tensorsOf(given)));
      const elsewhere = await runFile(bytes, given);
      for (const output of Object.keys(expected)) {
        expectClose(actual[output], expected[output], 1e-5);
        expectClose(elsewhere[output].data, expected[output], 1e-5);
      }
      if (name === "twins") continue;
      const [before, after] = [gradientsOf(model, given), gradientsOf(again, given)];
      for (const [parameter, gradient] of Object.entries(before)) expectClose(after[parameter], gradient, 1e-4);
    }
  });
});
