import { BackendError, DTypeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { scope, setDefaultBackend, type Tensor, tensor, zeros } from "@unrolled/core";
import { Buffer, Dropout, Linear, Module, Parameter, summary } from "@unrolled/nn";
import { referenceBackend } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

class Block extends Module {
  readonly hidden: Linear = new Linear(2, 3);
  readonly dropout: Dropout = new Dropout(0.5);

  override forward(x: Tensor): Tensor {
    return this.dropout.forward(this.hidden.forward(x).tanh());
  }
}

class Net extends Module {
  readonly scale: Parameter = new Parameter(tensor([2]));
  readonly absent: Parameter | null = null;
  readonly blocks: readonly Module[] = [new Block(), new Linear(3, 2, { bias: false })];
  readonly again: Parameter = this.scale;
  readonly mean: Buffer = new Buffer(zeros([2]));
  readonly label: string = "no tensor";

  override forward(x: Tensor): Tensor {
    const [block, head] = this.blocks as [Block, Linear];
    return head.forward(block.forward(x)).mul(this.scale);
  }
}

const names = (pairs: Iterable<readonly [string, unknown]>): string[] => [...pairs].map(([name]) => name);

describe("names", () => {
  test("follow properties and places in arrays; shared parameters come once, null not at all", () => {
    expect(names(new Net().namedTensors())).toEqual([
      "scale",
      "mean",
      "blocks.0.hidden.weight",
      "blocks.0.hidden.bias",
      "blocks.1.weight",
    ]);
  });

  test("of parameters leave buffers out", () => {
    const net = new Net();
    expect(names(net.namedParameters())).not.toContain("mean");
    expect(net.parameters()).toHaveLength(4);
    expect(Object.keys(net.stateDict())).toContain("mean");
  });

  test("of modules are listed outermost first", () => {
    expect(names(new Net().namedModules())).toEqual([
      "",
      "blocks.0",
      "blocks.0.hidden",
      "blocks.0.dropout",
      "blocks.1",
    ]);
  });

  test("of a module that is shared, or that holds itself, come once", () => {
    class Twin extends Module {
      readonly a: Linear = new Linear(1, 1);
      readonly b: Linear = this.a;
      readonly self: Module = this;
      override forward(): void {
        this.a.forward(zeros([1]));
      }
    }
    const twin = new Twin();
    expect(names(twin.namedTensors())).toEqual(["a.weight", "a.bias"]);
    expect(twin.eval().a.training).toBe(false);
    expect(Object.keys(twin.stateDict())).toEqual(["a.weight", "a.bias", "b.weight", "b.bias"]); // as PyTorch writes them
  });

  test("of parameters in an array count from 0", () => {
    class Bank extends Module {
      readonly gains: Parameter[] = [new Parameter(zeros([1])), new Parameter(zeros([2]))];
      override forward(): void {
        this.zeroGrad();
      }
    }
    expect(names(new Bank().namedParameters())).toEqual(["gains.0", "gains.1"]);
  });
});

test("options that nobody reads are refused by name", () => {
  const foreign = { in_features: 3, Bias: false } as object;
  expect(() => new Linear(1, 1, foreign)).toThrow(/Linear: unknown options in_features, Bias; the options are bias/);
});

describe("train, eval and zeroGrad", () => {
  test("reach every part", () => {
    const net = new Net();
    expect([...net.namedModules()].every(([, module]) => module.training)).toBe(true);
    expect(net.eval()).toBe(net);
    expect([...net.namedModules()].some(([, module]) => module.training)).toBe(false);
    net.train();
    expect([...net.namedModules()].every(([, module]) => module.training)).toBe(true);
  });

  test("forget gradients", () => {
    const net = new Net();
    net
      .eval()
      .forward(zeros([4, 2]))
      .sum()
      .backward();
    expect(net.scale.grad).not.toBeNull();
    net.zeroGrad();
    expect(net.parameters().map(({ grad }) => grad)).toEqual([null, null, null, null]);
  });
});

describe("to", () => {
  test("moves parameters, buffers and gradients, and they stay the same objects", async () => {
    const net = new Net().eval();
    const x = tensor([[0.3, -0.7]]);
    const before = net.forward(x);
    before.sum().backward();
    const gradient = net.scale.grad?.toArray();
    const parameters = net.parameters();
    expect(await net.to(decomposed)).toBe(net);
    expect(net.parameters().every((parameter, i) => parameter === parameters[i])).toBe(true);
    for (const [name, value] of net.namedTensors()) expect(value.backend, name).toBe(decomposed);
    expect(net.scale.grad?.backend).toBe(decomposed);
    expect(net.scale.grad?.toArray()).toEqual(gradient);
    const after = net.forward(await x.to(decomposed));
    expect(largestError(after, before.toArray())).toBeLessThan(1e-6);
    expect(() => net.forward(x)).toThrow(BackendError);
  });

  test("leaves nothing behind on a device", async () => {
    const device = referenceBackend();
    const net = new Net();
    await net.to(device);
    expect(device.memory().buffers).toBe(5);
    await net.to(cpu());
    expect(device.memory().buffers).toBe(0);
  });
});

describe("Parameter", () => {
  test("is a leaf with a gradient, also when made from a recorded tensor", () => {
    const source = tensor([1, 2], { requiresGrad: true }).mul(2);
    const parameter = new Parameter(source);
    expect(parameter.isLeaf && parameter.requiresGrad).toBe(true);
    expect(parameter.toArray()).toEqual([2, 4]);
  });

  test("does not follow its source", () => {
    const source = tensor([1, 2]);
    const parameter = new Parameter(source);
    source.fill_(7);
    expect(parameter.toArray()).toEqual([1, 2]);
  });

  test("refuses integers, unless it is not to be learned, and what was disposed of", () => {
    const whole = tensor([1, 2], { dtype: "int32" });
    expect(() => new Parameter(whole)).toThrow(DTypeError);
    expect(() => new Parameter(whole)).toThrow("Parameter: int32 has no gradient; use float32 or float64");
    expect(new Buffer(whole).requiresGrad).toBe(false);
    whole.dispose();
    expect(() => new Buffer(whole)).toThrow("Parameter: the source was disposed of");
  });

  test("outlives its source on a device", () => {
    const device = referenceBackend();
    const source = tensor([1, 2], { backend: device });
    const parameter = new Parameter(source);
    source.dispose();
    expect(parameter.toArray()).toEqual([1, 2]);
    expect(device.memory().buffers).toBe(1);
  });

  test("outlives the scope in which it was made", () => {
    const made: Parameter[] = [];
    scope((): void => {
      made.push(new Parameter(tensor([1, 2], { backend: referenceBackend() })));
    });
    expect(made[0].toArray()).toEqual([1, 2]);
    expect(made[0].backend.memory().buffers).toBe(1);
  });
});

test("summary lists names, shapes and counts", () => {
  const net = new Net();
  net.scale.requireGrad(false);
  expect(summary(net)).toBe(
    [
      "Net",
      "name                    shape   numbers",
      "---------------------------------------",
      "scale                   [1]           1  frozen",
      "mean                    [2]           2  buffer",
      "blocks.0.hidden.weight  [3, 2]        6",
      "blocks.0.hidden.bias    [3]           3",
      "blocks.1.weight         [2, 3]        6",
      "---------------------------------------",
      "15 trainable, 3 fixed",
    ].join("\n"),
  );
  expect(summary(new Dropout())).toContain("0 trainable");
  expect(summary(new Linear(100, 50))).toContain("5,050 trainable");
});
