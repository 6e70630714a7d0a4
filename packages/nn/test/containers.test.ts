import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import { Dropout, type Layer, Linear, Module, ModuleDict, ModuleList, ReLU, Sequential, Tanh } from "@unrolled/nn";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

class Split extends Module {
  override forward(x: Tensor): Tensor[] {
    return [x, x];
  }
}

describe("Sequential", () => {
  test("runs its modules one after another, and names them by number", () => {
    const net = new Sequential(new Linear(2, 3), new Tanh(), new Linear(3, 1));
    const x = tensor([[0.3, -1]]);
    const [first, , last] = net;
    expect(net.forward(x).toArray()).toEqual(last.forward(first.forward(x).tanh()).toArray());
    expect(Object.keys(net.stateDict())).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
    expect(net.length).toBe(3);
    expect(net[1]).toBeInstanceOf(Tanh);
    expect(net.at(-1)).toBe(last);
    expect(net.at(3)).toBeUndefined();
  });

  test("grows and has places exchanged", () => {
    const net = new Sequential(new Linear(2, 3)).append(new Tanh()).extend([new Linear(3, 1), new ReLU()]);
    expect(net.length).toBe(4);
    net[1] = new ReLU();
    expect([...net].map((module) => module instanceof ReLU)).toEqual([false, true, false, true]);
    expect(net.forward(zeros([5, 2])).shape).toEqual([5, 1]);
  });

  test("of more than ten modules keeps their order", () => {
    const net = new Sequential(...Array.from({ length: 12 }, (_, i) => new Linear(i + 1, i + 2)));
    expect(net.forward(zeros([1, 1])).shape).toEqual([1, 13]);
    expect([...net.namedChildren()].map(([name]) => Number(name))).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  test("of nothing gives back its input; reaches its parts with train and eval", () => {
    const x = zeros([2]);
    expect(new Sequential().forward(x)).toBe(x);
    const dropout = new Dropout(0.5);
    new Sequential(new Sequential(dropout)).eval();
    expect(dropout.training).toBe(false);
  });

  test("refuses what is no module, and modules that do not return a tensor", () => {
    const wrong = (value: unknown): Layer => value as Layer;
    expect(() => new Sequential(wrong(Math.tanh))).toThrow("append: function is no module");
    expect(() => new Sequential(new Tanh(), wrong(new Split())).forward(zeros([2]))).toThrow(
      "Sequential: module 1 returned no single tensor; write a Module whose forward picks",
    );
  });
});

describe("ModuleList", () => {
  class Stack extends Module {
    readonly layers: ModuleList<Linear> = new ModuleList([new Linear(2, 2)]);
    readonly plain: Linear[] = [new Linear(2, 2)];
    override forward(x: Tensor): Tensor {
      return [...this.layers, ...this.plain].reduce((y, layer) => layer.forward(y), x);
    }
  }

  test("registers as an array does, and grows", () => {
    const stack = new Stack();
    stack.layers.append(new Linear(2, 3)).extend(new ModuleList([new Linear(3, 2)]));
    expect(Object.keys(stack.stateDict()).filter((key) => key.endsWith("weight"))).toEqual([
      "layers.0.weight",
      "layers.1.weight",
      "layers.2.weight",
      "plain.0.weight",
    ]);
    expect(stack.forward(zeros([4, 2])).shape).toEqual([4, 2]);
  });

  test("extended by itself doubles", () => {
    const list = new ModuleList([new Tanh(), new ReLU()]);
    expect(list.extend(list).length).toBe(4);
  });

  test("has no forward", () => {
    expect(() => new ModuleList().forward()).toThrow(ArgumentError);
    expect(() => new ModuleList().forward()).toThrow("ModuleList: a list has no forward; loop over its modules");
  });
});

describe("ModuleDict", () => {
  const dict = (): ModuleDict<Linear> => new ModuleDict({ mean: new Linear(2, 1), scale: new Linear(2, 1) });

  test("holds modules by name", () => {
    const heads = dict();
    expect(Object.keys(heads.stateDict())).toEqual(["mean.weight", "mean.bias", "scale.weight", "scale.bias"]);
    expect(heads.get("scale").forward(zeros([3, 2])).shape).toEqual([3, 1]);
    expect([...heads.entries()].map(([name]) => name)).toEqual(["mean", "scale"]);
    const other = new Linear(2, 5);
    expect(heads.set("mean", other).get("mean")).toBe(other);
    expect(heads.has("mean")).toBe(true);
    expect(heads.has("forward")).toBe(false);
  });

  test("lists its names where one is missing", () => {
    expect(() => dict().get("median")).toThrow('ModuleDict: no module "median"; the names are mean, scale');
  });

  test.each(["forward", "training", "constructor", "__proto__", "a.b", ""])("refuses the name %j", (name) => {
    const heads = dict();
    expect(() => heads.set(name, new Linear(1, 1))).toThrow(`ModuleDict: the name "${name}"`);
    expect(heads.training).toBe(true);
  });

  test("refuses what is no module, and has no forward", () => {
    expect(() => dict().set("a", null as unknown as Linear)).toThrow("ModuleDict: a is no module");
    expect(() => dict().forward()).toThrow("ModuleDict: a record has no forward; pick a module with get(name)");
  });
});
