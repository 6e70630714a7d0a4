import { readFileSync } from "node:fs";
import { cpu } from "@unrolled/backend-cpu";
import { GRU } from "@unrolled/cells";
import { setDefaultBackend, type Tensor, zeros } from "@unrolled/core";
import { Linear, Module } from "@unrolled/nn";
import { importOnnx } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { floats, info, int64s, model, node } from "../import/model-maker.js";

setDefaultBackend(cpu());

type Node = ReturnType<typeof node>;
type Weight = ReturnType<typeof floats>;

const parameters = (bytes: Uint8Array): string[] => [...importOnnx(bytes).namedParameters()].map(([name]) => name);
const filled = (name: string, shape: readonly number[], value = 0): Weight =>
  floats(name, shape, Array<number>(shape.reduce((a, b) => a * b, 1)).fill(value));
const pytorch = { producerName: "pytorch" };

describe("initial states are constants", () => {
  const weights = ["rnn.weight_ih_l0", "rnn.weight_hh_l0"];
  const rnn = (state: Weight, between: readonly Node[]): Uint8Array =>
    model({
      input: [info("x", [3, "batch", 2])],
      initializer: [
        state,
        filled("w", [1, 4, 2]),
        filled("r", [1, 4, 4]),
        int64s("one", [1]),
        int64s("four", [4]),
        int64s("zero", [0]),
      ],
      output: [info("y", null)],
      node: [...between, node("RNN", ["x", "w", "r", "", "", "h"], ["y"], { hidden_size: 4 })],
    });
  const shape = [
    node("Shape", ["x"], ["sizes"]),
    node("Gather", ["sizes", "one"], ["batch"]),
    node("Concat", ["one", "batch", "four"], ["shape"], { axis: 0 }),
  ];

  test("past nodes whose shapes the run gives", () => {
    const expanded = [...shape, node("Expand", ["start", "shape"], ["h"])];
    expect(parameters(rnn(filled("start", [1, 1, 4], 0.5), expanded))).toEqual(weights);
    const moved = [
      ...shape,
      node("Unsqueeze", ["start", "zero"], ["row"]),
      node("Expand", ["row", "shape"], ["wide"]),
      node("Identity", ["wide"], ["same"]),
      node("Cast", ["same"], ["cast"], { to: 1 }),
      node("Concat", ["cast"], ["joined"], { axis: 0 }),
      node("Slice", ["joined", "zero", "batch", "one"], ["cut"]),
      node("Reshape", ["cut", "shape"], ["h"]),
    ];
    expect(parameters(rnn(filled("start", [4]), moved))).toEqual(weights);
  });

  test("but what something else reads too is learned", () => {
    const expanded = [...shape, node("Expand", ["start", "shape"], ["wide"]), node("Tanh", ["wide"], ["h"])];
    expect(parameters(rnn(filled("start", [1, 1, 4]), expanded))).toEqual(["start", ...weights]);
  });

  test("the state dict of a file of fixed sizes fits our own layers", () => {
    class Net extends Module {
      readonly rnn = new GRU(2, 4, { numLayers: 2 });
      readonly fc = new Linear(4, 1);
      override forward(x: Tensor): Tensor {
        return this.fc.forward(this.rnn.forward(x)[0].select(0, -1));
      }
    }
    const bytes = readFileSync(new URL("./goldens/fine-tune-static-gru.onnx", import.meta.url));
    const net = new Net();
    const imported = importOnnx(bytes);
    net.loadStateDict(imported.stateDict());
    expect(net.forward(zeros([6, 3, 2])).dataSync()[0]).toBeCloseTo(
      imported.forward(zeros([6, 3, 2])).dataSync()[0],
      6,
    );
  });
});

test("Constant nodes of PyTorch's exporters are constants, those of others weights", () => {
  const constant: Node = {
    opType: "Constant",
    output: ["c"],
    attribute: [{ name: "value", type: 4, t: floats("", [2], [1, 2]) }],
  };
  const graph = {
    input: [info("x", ["n", 2])],
    output: [info("y", null)],
    node: [constant, node("Mul", ["x", "c"], ["y"])],
  };
  expect(parameters(model(graph))).toEqual(["c"]);
  expect(parameters(model(graph, 17, pytorch))).toEqual([]);
});

describe("what PyTorch's newer exporter computes ahead of the first step", () => {
  const step = (first: Weight, bias: readonly string[] = ["rnn.bias_hh_l0"]): Uint8Array =>
    model(
      {
        input: [info("x", [1, 3, 2])],
        initializer: [first, filled("val_1", [2, 2], 0.5), ...bias.map((name) => floats(name, [2], [0.25, -0.5]))],
        output: [info("y", null)],
        node: [
          node("Add", ["linear_1", "x"], ["sum"]),
          node("Tanh", ["sum"], ["h"]),
          node("MatMul", ["h", "val_1"], ["product"]),
          ...bias.map((name) => node("Add", ["product", name], ["biased"])),
          node("Add", [bias.length > 0 ? "biased" : "product", "x"], ["y"]),
        ],
      },
      17,
      pytorch,
    );
  const rows = [0.25, -0.5, 0.25, -0.5, 0.25, -0.5];

  test("a product of zeros is the bias, which learns through it", () => {
    const imported = importOnnx(step(floats("linear_1", [1, 3, 2], rows)));
    expect([...imported.namedParameters()].map(([name]) => name)).toEqual(["rnn.weight_hh_l0", "rnn.bias_hh_l0"]);
    imported.loadStateDict({ ...imported.stateDict(), "rnn.weight_hh_l0": zeros([2, 2]) });
    imported
      .forward(zeros([1, 3, 2]))
      .sum()
      .backward();
    const alone = importOnnx(step(floats("linear_1", [1, 3, 2], rows)));
    alone
      .forward(zeros([1, 3, 2]))
      .sum()
      .backward();
    const [without, through] = [imported, alone].map(
      (each) => [...(each.getParameter("rnn.bias_hh_l0").grad?.dataSync() ?? [])][0],
    );
    expect(without).toBeCloseTo(3, 6);
    expect(through).toBeCloseTo(3 + 3 * (1 - Math.tanh(0.25) ** 2), 5);
  });

  test("that of other states, and without a bias, is a constant", () => {
    const other = floats("linear_1", [1, 3, 2], [1, 2, 3, 4, 5, 6]);
    expect(parameters(step(other))).toEqual(["rnn.weight_hh_l0", "rnn.bias_hh_l0"]);
    expect(parameters(step(filled("linear_1", [1, 3, 2]), []))).toEqual(["val_1"]);
  });

  test("a weight of that name is a weight", () => {
    expect(parameters(step(floats("linear_1", [1, 3, 2], rows), ["b"]))).toContain("linear_1");
  });
});
