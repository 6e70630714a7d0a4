import { cpu } from "@unrolled/backend-cpu";
import { LSTM } from "@unrolled/cells";
import { setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { Buffer, LayerNorm, Linear, Module } from "@unrolled/nn";
import { exportOnnx, importOnnx } from "@unrolled/onnx";
import { describe, expect, test } from "vitest";
import { floats, info, int64s, model, node } from "../import/model-maker.js";
import { expectClose, random } from "../numbers.js";
import { lossOf, read } from "./models.js";

setDefaultBackend(cpu());

const keys = (name: string): string[] => Object.keys(importOnnx(read(name)).stateDict()).sort();
const recurrent = (prefix: string, suffixes: readonly string[]): string[] =>
  suffixes.flatMap((suffix) => ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((w) => `${prefix}.${w}_${suffix}`));
const around = ["head.weight", "head.bias", "norm.weight", "norm.bias"];

/** As in the script that made lstm-two-ways.onnx. */
class Net extends Module {
  readonly net = new LSTM(3, 5, { numLayers: 2, bidirectional: true });
  readonly norm = new LayerNorm(10);
  readonly head = new Linear(10, 2);

  override forward(x: Tensor): { y: Tensor; h: Tensor } {
    const [y, [h]] = this.net.forward(x);
    return { y: this.head.forward(this.norm.forward(y)), h };
  }
}

describe("names are PyTorch's", () => {
  test.each(["lstm", "gru", "rnn"])("%s", (name) => {
    expect(keys(name)).toEqual([...recurrent("net", ["l0"]), ...around].sort());
  });

  test.each(["new-lstm", "new-gru"])("%s, a stack of the newer exporter", (name) => {
    expect(keys(name)).toEqual([...recurrent("net", ["l0", "l1"]), ...around].sort());
  });

  test.each(["unfolded"])("%s, whose weights are put together by nodes", (name) => {
    expect(keys(name)).toEqual([...recurrent("net", ["l0", "l0_reverse"]), ...around].sort());
  });

  test("a layer used twice is there once, two beside each other have their own names", () => {
    const own = keys("twins").filter((key) => !key.startsWith("onnx::"));
    const shared = ["shared.weight_ih_l0", "shared.weight_hh_l0"];
    expect(own).toEqual(
      [...shared, ...recurrent("left", ["l0"]), ...recurrent("right", ["l0"]), "table.weight"].sort(),
    );
  });

  test("items of a Sequential, and a Keras stack without PyTorch's names", () => {
    expect(keys("last")).toEqual(
      [...recurrent("net", ["l0"]), ...["0", "3"].flatMap((i) => [`layers.${i}.weight`, `layers.${i}.bias`])].sort(),
    );
    expect(keys("keras-lstm")).toEqual(
      [
        ...recurrent("lstm", ["l0", "l1"]),
        "sequential/dense/MatMul/ReadVariableOp:0",
        "sequential/dense/BiasAdd/ReadVariableOp:0",
      ].sort(),
    );
  });
});

describe("state dicts fit our own layers", () => {
  const feeds = random([6, 2, 3], 5);
  const x = (): Tensor => tensor(feeds.data, { shape: feeds.shape });

  test("from the file to a model of ours: the same outputs and gradients", () => {
    const imported = importOnnx(read("lstm-two-ways"));
    const net = new Net();
    net.loadStateDict(imported.stateDict());
    const [theirs, ours] = [imported.run({ x: x() }), net.forward(x())];
    for (const name of ["y", "h"] as const) expectClose(theirs[name].dataSync(), ours[name].dataSync(), 1e-5);
    lossOf(theirs).backward();
    lossOf(ours).backward();
    for (const [name, parameter] of net.namedParameters())
      expectClose(imported.getParameter(name).grad?.dataSync() ?? [], parameter.grad?.dataSync() ?? [], 1e-5);
  });

  test("from a model of ours to the file", () => {
    const imported = importOnnx(read("lstm-two-ways"));
    const net = new Net();
    imported.loadStateDict(net.stateDict());
    expectClose(imported.forward(x()).dataSync(), net.forward(x()).y.dataSync(), 1e-5);
  });
});

describe("what is learned", () => {
  const x = info("x", ["n", 2]);
  const bytes = model({
    input: [x],
    initializer: [
      floats("w", [2, 2], [1, 2, 3, 4]),
      floats("b", [1], [0.5]),
      floats("eps", [], [1e-5]),
      floats("least", [1], [0]),
      floats("exponent", [1], [2]),
      floats("training", [2], [3, 4]),
      floats("forward", [2], [3, 4]),
      floats("__proto__", [2], [5, 6]),
      floats("a.b", [2], [1, 1]),
      floats("a", [2], [1, 1]),
      floats("unused", [2], [1, 1]),
      int64s("axes", [0]),
    ],
    output: [info("y", null)],
    node: [
      node("MatMul", ["x", "w"], ["xw"]),
      node("Add", ["xw", "b"], ["xwb"]),
      node("Add", ["xwb", "eps"], ["plus"]),
      node("Clip", ["plus", "least"], ["clipped"]),
      node("Pow", ["clipped", "exponent"], ["squared"]),
      node("Mul", ["squared", "training"], ["m1"]),
      node("Mul", ["m1", "__proto__"], ["m2"]),
      node("Mul", ["m2", "forward"], ["m3"]),
      node("Mul", ["m3", "a.b"], ["m4"]),
      node("Mul", ["m4", "a"], ["y"]),
    ],
  });
  // A scalar bound is what ONNX allows; a list of one is what some files hold.
  const names = (options = {}): string[] => [...importOnnx(bytes, options).namedParameters()].map(([name]) => name);

  test("float tensors with axes, but for settings; names of module properties get a number", () => {
    expect(names().sort()).toEqual(["w", "b", "training_1", "forward_1", "__proto___1", "a.b", "a_1"].sort());
  });

  test("trainable decides; the others are buffers, saved and not trained", () => {
    const imported = importOnnx(bytes, { trainable: (name) => name === "w" });
    expect([...imported.namedParameters()].map(([name]) => name)).toEqual(["w"]);
    expect([...imported.namedBuffers()]).toHaveLength(6);
    expect([...imported.namedBuffers()].every(([, buffer]) => buffer instanceof Buffer)).toBe(true);
  });

  test("parts can be frozen", () => {
    const imported = importOnnx(read("lstm"));
    imported.getSubmodule("net").requiresGrad_(false);
    lossOf(imported.run({ x: tensor(random([3, 1, 3], 1).data, { shape: [3, 1, 3] }) })).backward();
    expect(imported.getParameter("net.weight_ih_l0").grad).toBeNull();
    expect(imported.getParameter("head.weight").grad).not.toBeNull();
  });
});

test("weights stored as float16 come back under their names, and train in float32", async () => {
  const imported = importOnnx(read("lstm-two-ways"));
  const inputs = { x: ["time", "batch", 3] } as const;
  const forward = ({ x }: { x: Tensor }): Tensor => imported.forward(x);
  const bytes = await exportOnnx(imported, { inputs, forward, weights: "float16" });
  const again = importOnnx(bytes);
  expect(Object.keys(again.stateDict()).sort()).toEqual(Object.keys(imported.stateDict()).sort());
  const x = tensor(random([6, 2, 3], 5).data, { shape: [6, 2, 3] });
  expectClose(again.forward(x).dataSync(), imported.forward(x).dataSync(), 5e-3);
  again.forward(x).sum().backward();
  expect([...again.namedParameters()].every(([, { grad, dtype }]) => grad !== null && dtype === "float32")).toBe(true);
});
