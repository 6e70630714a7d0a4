import { ArgumentError, DTypeError, FormatError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope, setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import { importOnnx } from "@unrolled/onnx";
import { SGD } from "@unrolled/optim";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";
import { floats, info, int64s, model, node } from "../import/model-maker.js";
import { expectClose, random } from "../numbers.js";
import { lossOf, read, tensorsOf } from "./models.js";

setDefaultBackend(cpu());

const x = (time: number, batch: number): Tensor => tensorsOf({ x: random([time, batch, 3], 5) }).x;

describe("inputs that do not fit are refused", () => {
  const states = importOnnx(read("states"));
  const state = zeros([1, 2, 4]);

  test("too few, unknown and missing ones", () => {
    expect(() => states.forward(x(3, 2))).toThrow(ArgumentError);
    expect(() => states.forward(x(3, 2))).toThrow(/got 1 inputs; give x \(float32 \[time, batch, 3\]\), h0/);
    expect(() => states.run({ x: x(3, 2), h0: state })).toThrow(/input c0 is no tensor/);
    expect(() => states.run({ x: x(3, 2), h0: state, c0: state, d0: state })).toThrow(/no input d0/);
  });

  test("shapes, sizes of one name, and dtypes", () => {
    expect(() => states.forward(zeros([3, 2, 4]), state, state)).toThrow(ShapeError);
    expect(() => states.forward(x(3, 5), state, state)).toThrow(/batch is 5 in input x and 2 in h0/);
    expect(() => states.forward(zeros([3, 2, 3], { dtype: "int32" }), state, state)).toThrow(DTypeError);
  });

  test("options and example sizes", () => {
    expect(() => importOnnx(read("lstm"), { dim: {} } as never)).toThrow(/dim/);
    expect(() => importOnnx(read("lstm"), { dims: { depth: 2 } })).toThrow(/no open dimension depth/);
    const pairs = model({
      input: [info("x", ["n"])],
      initializer: [int64s("shape", [-1, 11])],
      output: [info("y", null)],
      node: [node("Reshape", ["x", "shape"], ["y"])],
    });
    expect(() => importOnnx(pairs)).toThrow(FormatError);
    const imported = importOnnx(pairs, { dims: { n: 22 } });
    expect(imported.forward(zeros([33])).shape).toEqual([3, 11]);
    expect(() => imported.forward(zeros([32]))).toThrow(FormatError);
  });
});

describe("empty inputs", () => {
  test("a batch of none gives outputs of none, as PyTorch does", () => {
    for (const name of ["last", "lstm-two-ways"]) {
      const imported = importOnnx(read(name));
      const shape = name === "last" ? [0, 5, 3] : [5, 0, 3];
      const y = imported.forward(zeros(shape));
      expect(y.shape).toEqual(name === "last" ? [0, 3] : [5, 0, 2]);
    }
  });

  test("no time steps are refused as what is wrong with the input, not with the file", () => {
    const refused = (): unknown => importOnnx(read("lstm-two-ways")).forward(zeros([0, 2, 3]));
    expect(refused).toThrow(/no time steps; give at least one; the input x \[0, 2, 3\] is empty/);
    expect(refused).not.toThrow(/contradicts/);
  });
});

test("a module out of a file tells saveModel how it is kept", () => {
  expect(Reflect.get(importOnnx(read("lstm")), Symbol.for("@unrolled/kept-as"))).toMatch(
    /exportOnnx\(model.*saveStateDict/,
  );
});

test("more shapes than graphs are kept, with one backward pass at the end", () => {
  const imported = importOnnx(read("last"));
  const alone = importOnnx(read("last"));
  const sizes = Array.from({ length: 12 }, (_, i) => i + 1);
  const feeds = (time: number): Record<string, Tensor> => tensorsOf({ x: random([2, time, 3], time) });
  sizes
    .map((time) => lossOf(imported.run(feeds(time))))
    .reduce((sum, loss) => sum.add(loss))
    .backward();
  for (const time of sizes) lossOf(alone.run(feeds(time))).backward();
  for (const [name, parameter] of imported.namedParameters())
    expectClose(parameter.grad?.dataSync() ?? [], alone.getParameter(name).grad?.dataSync() ?? [], 1e-4);
});

test("runs where its weights live, and leaves nothing behind from step to step", async () => {
  const backend = referenceBackend();
  const bytes = model({
    input: [info("x", ["n", 2])],
    initializer: [floats("w", [2, 2], [1, 2, 3, 4]), floats("two", [], [2])],
    output: [info("y", null)],
    node: [node("MatMul", ["x", "w"], ["xw"]), node("Mul", ["xw", "two"], ["y"])],
  });
  const imported = importOnnx(bytes, { backend });
  const optimizer = new SGD(imported.parameters(), { lr: 0.1, momentum: 0.9 });
  const given = tensor([1, 2, 3, 4], { backend, shape: [2, 2] });
  const step = (): void => {
    optimizer.step(() => imported.forward(given).sum()).dispose();
    scope(() => {
      noGrad(() => imported.forward(given));
    });
  };
  step();
  step();
  const { buffers, bytes: held } = backend.memory();
  for (let i = 0; i < 5; i++) step();
  expect(backend.memory()).toEqual({ buffers, bytes: held });
  const moved = await imported.to(cpu());
  expect(moved.forward(zeros([3, 2])).backend.name).toBe("cpu");
});
