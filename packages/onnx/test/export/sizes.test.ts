import { fromBinary } from "@bufbuild/protobuf";
import { cpu } from "@unrolled/backend-cpu";
import { LSTM, lstmCell, scan } from "@unrolled/cells";
import {
  applyFused,
  concat,
  cumsum,
  full,
  type InputSpec,
  manualSeed,
  type NamedTensors,
  noGrad,
  ones,
  pad,
  randn,
  scanSteps,
  setDefaultBackend,
  stack,
  type Tensor,
  tile,
  trace,
  zeros,
} from "@unrolled/core";
import { graphToOnnx } from "@unrolled/onnx";
import { ModelProtoSchema, type NodeProto } from "onnx-buf";
import { beforeEach, describe, expect, test } from "vitest";
import { expectClose } from "../numbers.js";
import { FileRun, type Tensors } from "./run-file.js";

setDefaultBackend(cpu());
beforeEach(() => manualSeed(7));

const sizes = [
  [3, 5],
  [1, 1],
  [4, 1],
  [2, 7],
];

async function expectSame(
  fn: (given: Tensors) => Tensors,
  specs: Readonly<Record<string, InputSpec>>,
  feeds: (time: number, batch: number) => Tensors,
  constants: readonly NamedTensors[] = [],
): Promise<NodeProto[]> {
  const bytes = graphToOnnx(await trace(fn, specs, { constants }));
  const file = await FileRun.open(bytes);
  for (const [time, batch] of sizes) {
    const given = feeds(time, batch);
    const results = await file.run(given);
    for (const [name, y] of Object.entries(fn(given))) {
      expect(results[name].shape).toEqual(y.shape);
      expectClose(results[name].dataSync(), y.dataSync(), 1e-5);
    }
  }
  await file.close();
  return fromBinary(ModelProtoSchema, bytes).graph?.node ?? [];
}

const onX = (fn: (x: Tensor) => Tensor): Promise<NodeProto[]> =>
  expectSame(
    ({ x }) => ({ y: fn(x) }),
    { x: ["time", "batch", 3] },
    (time, batch) => ({ x: randn([time, batch, 3]) }),
  );

/** Cross-entropy of the first class. */
function crossEntropyOf(x: Tensor, axis: number): Tensor {
  const first = x.select(axis, 0).mul(0).cast("int32");
  return applyFused("softmaxCrossEntropy", [x, first], { axis })[0];
}

describe("an op on sizes that are known in the run only", () => {
  test.each<[string, (x: Tensor) => Tensor]>([
    ["reshape, joined", (x) => x.reshape([x.shape[0] * x.shape[1], 3])],
    ["reshape, exchanged", (x) => x.reshape([x.shape[1], x.shape[0], 3])],
    ["reshape, moved", (x) => x.reshape([x.shape[1] * 3, x.shape[0]])],
    ["reshape, split", (x) => x.reshape([x.shape[0] * 3, x.shape[1]]).reshape([3, x.shape[0], x.shape[1]])],
    ["reshape, a dimension more", (x) => x.unsqueeze(0)],
    ["broadcast in the middle", (x) => x.unsqueeze(2).broadcastTo([...x.shape.slice(0, 2), 4, 3])],
    ["broadcast in front", (x) => x.sum([0, 1]).broadcastTo(x.shape)],
    ["broadcast to a product", (x) => x.sum([0, 1]).broadcastTo([x.shape[0] * x.shape[1], 3])],
    ["tile", (x) => tile(x, [1, 2, 1])],
    ["slice, all but the first", (x) => concat([x, x], 0).slice([1, Number.POSITIVE_INFINITY])],
    ["slice, all but the last", (x) => concat([x, x], 0).slice([0, -1])],
    ["slice, second half", (x) => concat([x, x.mul(2)], 0).slice([x.shape[0], 2 * x.shape[0]])],
    [
      "slice by another size",
      (x) =>
        concat([x, x, x], 0)
          .reshape([x.shape[0] * 9, x.shape[1]])
          .narrow(0, 0, x.shape[0]),
    ],
    ["select, last", (x) => x.select(0, -1)],
    [
      "pad",
      (x) =>
        pad(
          x,
          [
            [1, 0],
            [0, 2],
            [0, 0],
          ],
          7,
        ),
    ],
    [
      "pad by a size",
      (x) =>
        pad(x, [
          [x.shape[1], 0],
          [0, x.shape[0]],
          [0, 0],
        ]),
    ],
    ["flip", (x) => x.flip([0, 1])],
    ["concat", (x) => concat([x, x, x], 1)],
    ["stack", (x) => stack([x, x.neg()], 1)],
    ["fill of a shape", (x) => full([x.shape[1], x.shape[0]], 2.5)],
    ["fill of a size", (x) => full([x.shape[1]], x.shape[0])],
    ["mean", (x) => x.mean()],
    ["softmax over time", (x) => x.softmax(0)],
    ["logSoftmax over the batch", (x) => x.logSoftmax(1)],
    ["cross-entropy of classes", (x) => crossEntropyOf(x, 2)],
    ["cross-entropy over time", (x) => crossEntropyOf(x, 0)],
    ["layerNorm", (x) => applyFused("layerNorm", [x, ones([3]).mul(2), ones([3])], { axis: 2, eps: 1e-5 })[0]],
    ["layerNorm over the batch", (x) => applyFused("layerNorm", [x, null, null], { axis: 1, eps: 1e-5 })[0]],
    ["cumsum", (x) => cumsum(x, 0)],
    ["argmax", (x) => x.argmax(0)],
    ["iota", (x) => ones([x.shape[0]]).cumsum(0)],
    ["matmul of batches", (x) => x.matmul(x, { transB: true })],
    ["gather", (x) => x.indexSelect(zeros([x.shape[1]], { dtype: "int32" }), 0)],
    ["erf of float64", (x) => x.cast("float64").erf()],
  ])("%s", async (_, fn) => {
    await onX(fn);
  });

  test("sizes are computed once", async () => {
    const nodes = await onX((x) => {
      const area = x.shape[0] * x.shape[1];
      return full([area], 1)
        .add(full([area, 1], 2))
        .sum()
        .add(full([area, 2], 3).sum());
    });
    expect(nodes.filter(({ opType }) => opType === "Shape")).toHaveLength(2);
    expect(nodes.filter(({ opType }) => opType === "Mul")).toHaveLength(1);
  });

  test("softmax, its logarithm and layerNorm are one node each", async () => {
    const nodes = await onX((x) => {
      const normal = applyFused("layerNorm", [x, ones([3]), null], { axis: 2, eps: 1e-5 })[0];
      return normal.softmax(2).logSoftmax(1);
    });
    expect(nodes.map(({ opType }) => opType)).toEqual(["LayerNormalization", "Softmax", "LogSoftmax"]);
  });

  test("a Reshape that can copy sizes computes none", async () => {
    const nodes = await onX((x) => x.reshape([x.shape[0], x.shape[1] * 3]));
    expect(nodes.map(({ opType }) => opType)).toEqual(["Reshape"]);
  });
});

describe("a scan", () => {
  const specs = { x: ["time", "batch", 3] } as const;
  const feeds = (time: number, batch: number): Tensors => ({ x: randn([time, batch, 3]) });

  test.each([false, true])("reverse %s, with states and results passed on as they are", async (reverse) => {
    const nodes = await expectSame(
      ({ x }) => {
        const w = ones([3, 3]).mul(0.1);
        const start = [zeros([x.shape[1], 3]), x.sum(0)];
        const { states, results } = scanSteps(
          [x, x.mul(2)],
          start,
          ([row, twice], [h, fixed]) => {
            const next = row.add(h.matmul(w)).add(twice.mul(fixed)).tanh();
            return { states: [next, fixed], results: [row, h, next, next] };
          },
          { reverse },
        );
        return { h: states[0], fixed: states[1], a: results[0], b: results[1], c: results[2], d: results[3] };
      },
      specs,
      feeds,
    );
    expect(nodes.filter(({ opType }) => opType === "Scan")).toHaveLength(1);
  });

  test("in a scan, both reading sizes and values from around", async () => {
    await expectSame(
      ({ x }) => {
        const bias = x.mean([0, 1]);
        const outer = scanSteps([x], [zeros([x.shape[1], 3])], ([row], [h]) => {
          const inner = scanSteps([row], [zeros([3])], ([one], [s]) => {
            const next = one.add(s).mul(0.5).add(bias).add(full([], x.shape[0]));
            return { states: [next], results: [next] };
          });
          const next = h
            .mul(0.5)
            .add(inner.results[0])
            .add(ones([x.shape[1], 3]));
          return { states: [next], results: [inner.states[0].add(next)] };
        });
        return { h: outer.states[0], y: outer.results[0] };
      },
      specs,
      feeds,
    );
  });

  test("and its gradient", async () => {
    await expectSame(
      ({ x }) => {
        const w = ones([3, 3]).mul(0.2);
        w.requiresGrad = true;
        const { states } = scanSteps([x], [zeros([x.shape[1], 3])], ([row], [h]) => {
          const next = row.add(h.matmul(w)).tanh();
          return { states: [next], results: [next] };
        });
        states[0].sum().backward();
        return { dw: w.grad ?? w };
      },
      specs,
      feeds,
    );
  });

  test("with an LSTM inside", async () => {
    const lstm = new LSTM(1, 2);
    const nodes = await expectSame(
      ({ x }) => {
        const { results } = scanSteps([x], [zeros([x.shape[1], 3])], ([row], [h]) => {
          const [y] = noGrad(() => lstm.forward(row.add(h).transpose().unsqueeze(2)));
          const next = y.sum(-1).transpose();
          return { states: [next], results: [next] };
        });
        return { y: results[0] };
      },
      specs,
      feeds,
      [lstm],
    );
    const scan = nodes.find(({ opType }) => opType === "Scan");
    const body = scan?.attribute.find(({ name }) => name === "body")?.g?.node ?? [];
    expect(body.filter(({ opType }) => opType === "LSTM")).toHaveLength(1);
  });
});

describe("forward and reverse", () => {
  const specs = { x: ["time", "batch", 3] } as const;
  const feeds = (time: number, batch: number): Tensors => ({ x: randn([time, batch, 3]) });
  const lstms = (nodes: readonly NodeProto[]): number => nodes.filter(({ opType }) => opType === "LSTM").length;

  test.each([false, true])("are one node, whichever comes first: reverse %s", async (reverse) => {
    const lstm = new LSTM(3, 2, { bidirectional: true });
    const nodes = await expectSame(
      ({ x }) =>
        noGrad(() => {
          const first = scan(lstmCell(lstm.weightsAt(0)), x, undefined, { reverse });
          const second = scan(lstmCell(lstm.weightsAt(1)), x, undefined, { reverse: !reverse });
          return { a: first.output, b: second.output, h: second.state[0], c: first.state[1] };
        }),
      specs,
      feeds,
      [lstm],
    );
    expect(lstms(nodes)).toBe(1);
  });

  test("stay two nodes where one reads what the other gave", async () => {
    const lstm = new LSTM(3, 2, { bidirectional: true });
    const nodes = await expectSame(
      ({ x }) =>
        noGrad(() => {
          const there = scan(lstmCell(lstm.weightsAt(0)), x);
          const back = scan(lstmCell(lstm.weightsAt(1)), x, there.state, { reverse: true });
          return { y: there.output.add(back.output), h: back.state[0] };
        }),
      specs,
      feeds,
      [lstm],
    );
    expect(lstms(nodes)).toBe(2);
  });
});
