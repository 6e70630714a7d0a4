import type { DType, HostTensor, Runner } from "@unrolled/backend";
import { onnxRuntime } from "@unrolled/backend-onnx";
import { beforeAll, expect, test } from "vitest";
import { GraphMaker } from "../../onnx/test/graph-maker.js";
import { naiveOp } from "../../onnx/test/naive-ops.js";
import { naiveSequence } from "../../onnx/test/naive-sequence.js";
import { expectClose } from "../../onnx/test/numbers.js";
import { opCases } from "../../onnx/test/op-cases.js";
import { kinds, makeCase, sequenceGraph } from "../../onnx/test/sequence-cases.js";
import { host } from "../../onnx/test/values.js";

// onnxruntime-node has its turn in packages/onnx; its WebAssembly twin has kernels of its own for some ops.
const tolerances: { readonly [D in DType]: number } = { float32: 4e-6, float64: 1e-13, int32: 0, bool: 0 };
let runner: Runner;
beforeAll(async () => {
  runner = await onnxRuntime({ provider: "wasm", threads: 1 });
});

test.each(opCases)("in WebAssembly: $title", async ({ op, inputs, attrs }) => {
  const g = new GraphMaker();
  const feeds: Record<string, HostTensor> = {};
  const values = inputs.map((x, i) => {
    feeds[`x${i}`] = x;
    return g.input(`x${i}`, x.shape, x.dtype);
  });
  const [y] = g.op(op, values, attrs as never);
  g.output("y", y);
  const program = await runner.prepare(g.build());
  const actual = (await program.run(feeds)).y;
  await program.dispose();
  expect([actual.shape, actual.dtype]).toEqual([y.shape, y.dtype]);
  const expected = host(y.dtype, y.shape, naiveOp(op, inputs, attrs as never));
  expectClose(actual.data, expected.data, tolerances[y.dtype] * (op === "matmul" ? 50 : 1));
});

const sequenceCases = kinds.flatMap((kind) =>
  [false, true].flatMap((reverse) =>
    [undefined, [5, 2, 1], [0, 5, 0], [0, 0, 0], [1, 4, 3]].map((lengths) => ({ kind, reverse, lengths })),
  ),
);

test.each(sequenceCases)(
  "in WebAssembly: $kind reverse $reverse lengths $lengths",
  async ({ kind, reverse, lengths }) => {
    const sizes = { T: 5, B: 3, I: 2, H: 7 };
    const s = makeCase(kind, sizes, lengths ? { reverse, lengths } : { reverse });
    const { graph, inputs } = sequenceGraph(s, true);
    const program = await runner.prepare(graph);
    const actual = await program.run(inputs);
    await program.dispose();
    const expected = naiveSequence(s);
    expectClose(actual.y.data, expected.y, 1e-5);
    expectClose(actual.h_n.data, expected.h, 1e-5);
    if (kind === "lstm") expectClose(actual.c_n.data, expected.c, 1e-5);
  },
);
