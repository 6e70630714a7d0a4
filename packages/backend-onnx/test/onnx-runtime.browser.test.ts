import { BackendError } from "@unrolled/backend";
import { onnxRuntime } from "@unrolled/backend-onnx";
import { expect, test } from "vitest";
import { GraphMaker } from "../../onnx/test/graph-maker.js";
import { f32 } from "../../onnx/test/values.js";

test("a page runs graphs in WebAssembly and carries their state", async () => {
  const g = new GraphMaker();
  const total = g.state("total", [2], Float32Array.of(1, 2));
  const [next] = g.op("add", [total, g.input("x", [2], "float32")], {});
  g.setState("total", next);
  g.output("sum", next);
  const runner = await onnxRuntime({ threads: 1 });
  expect(runner.name).toBe("onnx-wasm");
  const program = await runner.prepare(g.build());
  await program.run({ x: f32([2], [1, 1]) });
  expect((await program.run({ x: f32([2], [1, 1]) })).sum).toEqual(f32([2], [3, 4]));
  expect((await program.readState()).total).toEqual(f32([2], [3, 4]));
  await program.dispose();
});

test("the native provider is for Node only", async () => {
  await expect(onnxRuntime({ provider: "cpu" })).rejects.toBeInstanceOf(BackendError);
});
