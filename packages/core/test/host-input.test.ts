import { ArgumentError, GraphError, ShapeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { afterRun, compile, hostInput, ones, setDefaultBackend, type Tensor, trace } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { fakeDevice } from "./support/device.js";

setDefaultBackend(cpu());

const nothing = { namedTensors: () => [] };

describe("eagerly", () => {
  test("a host input is a tensor of what the host makes now", () => {
    let calls = 0;
    const filled = hostInput(() => ++calls, [2, 2], { name: "n" });
    expect([filled.toArray(), filled.dtype, filled.backend]).toEqual([
      [
        [1, 1],
        [1, 1],
      ],
      "float32",
      cpu(),
    ]);
    const ramp = hostInput((shape) => Int32Array.from({ length: shape[0] }, (_, i) => i), [3], {
      name: "ramp",
      dtype: "int32",
      backend: fakeDevice().backend,
    });
    expect([ramp.toArray(), ramp.dtype, ramp.backend.name]).toEqual([[0, 1, 2], "int32", "device"]);
  });

  test("what comes after a run comes at once", () => {
    const order: string[] = [];
    afterRun(ones([1]), () => order.push("after"));
    expect(order).toEqual(["after"]);
  });

  test.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
    [
      "a wrong number of elements",
      () => hostInput(() => new Float32Array(3), [2], { name: "r" }),
      ShapeError,
      /r got 3/,
    ],
    [
      "another typed array",
      () => hostInput(() => new Float64Array(2), [2], { name: "r" }),
      ArgumentError,
      /float64 for/,
    ],
    ["an option unknown", () => hostInput(() => 1, [], { name: "r", dType: "int32" } as never), ArgumentError, /dType/],
  ])("%s is refused", (_name, call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });
});

test("a plain trace refuses it by name: nobody would compute it", async () => {
  const attempt = trace(({ x }) => x.mul(hostInput(() => 0.1, [], { name: "Adam.0.lr" })), { x: [2] });
  await expect(attempt).rejects.toThrow(GraphError);
  await expect(attempt).rejects.toThrow(/Adam\.0\.lr changes from run to run.*use compile/);
  const graph = await trace(
    ({ x }) => {
      afterRun(x, () => expect.unreachable("nobody calls it"));
      return x.neg();
    },
    { x: [2] },
  );
  expect(graph.nodes).toHaveLength(1);
});

describe("in a compiled step", () => {
  test("it is made anew for every run, before what counts after the run", async () => {
    let count = 0;
    const made: number[] = [];
    const scale = (): number => {
      made.push(count);
      return 10 * count;
    };
    const step = compile(
      (x: Tensor) => {
        const y = x.add(hostInput(scale, [], { name: "scale" })).add(hostInput(scale, [], { name: "scale" }));
        afterRun(x, () => count++);
        return y;
      },
      { state: nothing },
    );
    const seen = [];
    for (let i = 0; i < 3; i++) seen.push((await step.run(ones([1]))).item());
    expect(seen).toEqual([1, 21, 41]);
    expect([made, count]).toEqual([[0, 1, 2], 3]); // one name is one input, made once a run; tracing makes nothing
    await step.dispose();
  });

  test("its shape follows the sizes of the run", async () => {
    const shapes: (readonly number[])[] = [];
    const step = compile(
      (x: Tensor) =>
        x.mul(
          hostInput(
            (shape) => {
              shapes.push(shape);
              return 2;
            },
            x.shape,
            { name: "mask" },
          ),
        ),
      { state: nothing, inputs: { x: ["batch", 2] } },
    );
    expect((await step.run(ones([1, 2]))).toArray()).toEqual([[2, 2]]);
    expect((await step.run(ones([3, 2]))).shape).toEqual([3, 2]);
    expect(shapes).toEqual([
      [1, 2],
      [3, 2],
    ]);
    await step.dispose();
  });

  test.each<[string, (x: Tensor) => Tensor, RegExp]>([
    [
      "two of one name and different shapes",
      (x) =>
        hostInput(() => 1, [], { name: "a" })
          .add(hostInput(() => 1, [2], { name: "a" }))
          .add(x),
      /two host inputs are named a; give each a name of its own/,
    ],
    ["the name of an input", (x) => x.add(hostInput(() => 1, [], { name: "input0" })), /a host input is named input0/],
  ])("%s are refused", async (_name, fn, message) => {
    const step = compile(fn, { state: nothing });
    await expect(step.run(ones([2]))).rejects.toThrow(message);
    await step.dispose();
  });
});
