import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { noGrad, setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import { Linear, type LoadableStateDict, Module, StateDictError } from "@unrolled/nn";
import { referenceBackend } from "@unrolled/testkit";
import { expect, test } from "vitest";
import { decomposed } from "./support/backends.js";

setDefaultBackend(cpu());

class Pair extends Module {
  readonly first: Linear = new Linear(2, 3);
  readonly second: Linear = new Linear(3, 1);

  override forward(x: Tensor): Tensor {
    return this.second.forward(this.first.forward(x));
  }
}

const numbers = (module: Module): unknown[] => [...module.namedTensors()].map(([, t]) => t.toArray());

function refused(module: Module, state: LoadableStateDict, options?: { strict: boolean }): string {
  const before = numbers(module);
  let message = "";
  try {
    module.loadStateDict(state, options);
  } catch (error) {
    if (!(error instanceof StateDictError)) throw error;
    message = error.message;
  }
  expect(message, "should have been refused").not.toBe("");
  expect(numbers(module)).toEqual(before);
  return message;
}

test("a state dict is a snapshot that goes back in", () => {
  const pair = new Pair();
  const state = pair.stateDict();
  const before = numbers(pair);
  noGrad(() => pair.first.weight.fill_(9));
  expect(state["first.weight"].toArray()).toEqual(before[0]);
  expect(Object.values(state).every((t) => t.isLeaf && !t.requiresGrad)).toBe(true);
  expect(pair.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
  expect(numbers(pair)).toEqual(before);
  noGrad(() => pair.first.weight.fill_(9));
  expect(state["first.weight"].toArray()).toEqual(before[0]);
});

test("parameters stay the same objects and keep asking for gradients", () => {
  const pair = new Pair();
  const { weight } = pair.first;
  pair.loadStateDict(new Pair().stateDict());
  expect(pair.first.weight).toBe(weight);
  expect(weight.isLeaf && weight.requiresGrad).toBe(true);
});

test("takes nested arrays, typed arrays and tensors of another float dtype", () => {
  const layer = new Linear(2, 1, { dtype: "float64" });
  layer.loadStateDict({ weight: [[1, 2]], bias: Float32Array.of(0.5) });
  expect(numbers(layer)).toEqual([[[1, 2]], [0.5]]);
  layer.loadStateDict({ weight: new Float64Array([3, 4]), bias: tensor([1]) });
  expect(numbers(layer)).toEqual([[[3, 4]], [1]]);
  expect(layer.weight.dtype).toBe("float64");
});

test("lists every problem at once and changes nothing", () => {
  const message = refused(new Pair(), {
    "first.weight": zeros([2, 3]),
    "first.bias": [1, 2, 3],
    "second.weight": [[1, 2], [3]],
    "third.bias": [1],
  });
  expect(message).toContain("missing: second.bias");
  expect(message).toContain("unexpected: third.bias");
  expect(message).toContain("first.weight is [2, 3] in the file, [3, 2] in the model");
  expect(message).toContain("second.weight: tensor: the nested arrays are ragged");
});

test("the error has the lists that it prints, and is an ArgumentError", () => {
  let raised: unknown;
  try {
    new Linear(2, 1).loadStateDict({ weight: [[1, 2, 3]], scale: [1] });
  } catch (error) {
    raised = error;
  }
  expect(raised).toBeInstanceOf(ArgumentError);
  expect(raised).toMatchObject({
    name: "StateDictError",
    op: "loadStateDict",
    missing: ["bias"],
    unexpected: ["scale"],
    misshaped: [{ key: "weight", inFile: [1, 3], inModel: [1, 2] }],
  });
});

test("counts the numbers of a typed array", () => {
  const message = refused(new Linear(2, 1), { weight: new Float32Array(3), bias: new Float32Array(1) });
  expect(message).toContain("weight: tensor: 3 numbers do not fill [1, 2]; give 2");
});

test("refuses tensors that are elsewhere or gone, before anything is changed", () => {
  const gone = tensor([1]);
  gone.dispose();
  const message = refused(new Linear(2, 1), { weight: tensor([[1, 2]], { backend: decomposed }), bias: gone });
  expect(message).toContain("weight is on cpu-decomposed, the model on cpu: move it with to(backend)");
  expect(message).toContain("bias was disposed of");
});

test("not strict: skips keys and says which, but no shapes", () => {
  const layer = new Linear(2, 1);
  expect(layer.loadStateDict({ bias: [4], other: [1] }, { strict: false })).toEqual({
    missing: ["weight"],
    unexpected: ["other"],
  });
  expect(layer.bias?.toArray()).toEqual([4]);
  expect(refused(layer, { bias: [1, 2] }, { strict: false })).toContain("bias is [2] in the file, [1] in the model");
});

test("making and loading a layer leaves as many buffers on a device as it has tensors", () => {
  const device = referenceBackend();
  const layer = new Linear(2, 1, { backend: device });
  expect(device.memory().buffers).toBe(2);
  for (const weight of [[[7, 8]], [[1, 2]]]) {
    layer.loadStateDict({ weight, bias: [3] });
    expect(device.memory().buffers).toBe(2);
  }
  expect(layer.weight.toArray()).toEqual([[1, 2]]);
});

test("values with their shapes, as files and compiled programs have them, are loaded, and a wrong shape is told", () => {
  setDefaultBackend(cpu());
  const model = new Linear(2, 1);
  const weight = { data: Float32Array.of(1, 2), shape: [1, 2], dtype: "float32" } as const;
  const bias = { data: Float64Array.of(3), shape: [1], dtype: "float64" } as const;
  model.loadStateDict({ weight, bias });
  expect(model.forward(tensor([[10, 20]])).toArray()).toEqual([[53]]);
  expect(() => model.loadStateDict({ weight: { ...weight, shape: [2, 1] }, bias })).toThrow(
    "weight is [2, 1] in the file, [1, 2] in the model",
  );
});

test.each([null, [1, 2], "weights.json"])("%o is no state", (state) => {
  const load = (): unknown => new Linear(2, 1).loadStateDict(state as unknown as LoadableStateDict);
  expect(load).toThrow("give tensors by name, such as model.stateDict()");
});
