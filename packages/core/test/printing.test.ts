import { inspect } from "node:util";
import { cpu } from "@unrolled/backend-cpu";
import { arange, Generator, randn, setDefaultBackend, tensor, trace, zeros } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { fakeDevice } from "./support/device.js";

setDefaultBackend(cpu());

describe("a tensor prints", () => {
  test.each([
    ["a scalar", tensor(2.5), "Tensor([], float32, cpu) 2.5"],
    ["a vector", tensor([1, 2.25, -3]), "Tensor([3], float32, cpu) [   1, 2.25,   -3]"],
    ["int32", tensor([1, -20], { dtype: "int32" }), "Tensor([2], int32, cpu) [  1, -20]"],
    ["bool", tensor([true, false]), "Tensor([2], bool, cpu) [ true, false]"],
    [
      "NaN, infinities and -0",
      tensor([Number.NaN, Infinity, -Infinity, -0]),
      "Tensor([4], float32, cpu) [      NaN,  Infinity, -Infinity,        -0]",
    ],
    ["six digits", tensor([1 / 3, 1e-9, 123456789]), "Tensor([3], float32, cpu) [ 0.333333,      1e-9, 123457000]"],
    ["nothing", zeros([2, 0]), "Tensor([2, 0], float32, cpu) [] (empty)"],
    ["requiresGrad", tensor([1], { requiresGrad: true }), "Tensor([1], float32, cpu, requiresGrad) [1]"],
  ])("%s", (_name, t, text) => {
    expect(t.toString()).toBe(text);
    expect(inspect(t)).toBe(text);
    expect(`${t}`).toBe(text);
  });

  test("a matrix in rows", () => {
    const rows = ["Tensor([2, 3], float32, cpu)", "[[  1,   2,   3],", " [-10, 0.5,  20]]"];
    expect(
      String(
        tensor([
          [1, 2, 3],
          [-10, 0.5, 20],
        ]),
      ),
    ).toBe(rows.join("\n"));
  });

  test("three dimensions with a line between", () => {
    const text = "Tensor([2, 2, 1], float32, cpu)\n[[[0],\n  [1]],\n\n [[2],\n  [3]]]";
    expect(String(arange(4).reshape([2, 2, 1]))).toBe(text);
  });

  test("only the ends of what is long", () => {
    const text = String(arange(2000));
    expect(text).toBe("Tensor([2000], float32, cpu) [   0,    1,    2, ..., 1997, 1998, 1999]");
    const rows = String(arange(2000).reshape([500, 4])).split("\n");
    expect(rows).toHaveLength(1 + 3 + 1 + 3);
    expect(rows[4]).toMatch(/\.\.\./);
    expect(String(arange(1000))).not.toMatch(/\.\.\./);
  });

  test("inside other values", () => {
    expect(inspect({ loss: tensor(1) })).toBe("{ loss: Tensor([], float32, cpu) 1 }");
  });

  test("that it was disposed of", () => {
    const t = tensor([1]);
    t.dispose();
    expect(String(t)).toBe("Tensor([1], float32, cpu) disposed");
  });
});

describe("printing reads nothing", () => {
  test("from a device", () => {
    const { backend } = fakeDevice();
    const refuse = (): never => {
      throw new Error("read while printing");
    };
    const t = tensor([1, 2], { backend: { ...backend, read: refuse, readSync: refuse } });
    expect(() => t.dataSync()).toThrow("read while printing");
    expect(inspect(t)).toBe("Tensor([2], float32, device)");
  });

  test("from a traced tensor", async () => {
    let text = "";
    await trace(
      ({ x }) => {
        text = String(x);
        return x.add(1);
      },
      { x: zeros([2]) },
    );
    expect(text).toBe("Tensor([2], float32, trace)");
  });
});

test("long rows wrap within 80 columns", () => {
  const lines = randn([3, 40], { generator: new Generator(1) })
    .toString()
    .split("\n");
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test("JSON holds what makes the tensor again", () => {
  const x = tensor([[1, 2.5]]);
  const { dtype, shape, data } = JSON.parse(JSON.stringify(x));
  expect(tensor(data, { dtype, shape }).toArray()).toEqual([[1, 2.5]]);
});
