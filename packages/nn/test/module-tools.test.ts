import { inspect } from "node:util";
import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, type Tensor, zeros } from "@unrolled/core";
import {
  Buffer,
  Dropout,
  Embedding,
  GELU,
  init,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  Sequential,
  Tanh,
} from "@unrolled/nn";
import { describe, expect, test } from "vitest";

setDefaultBackend(cpu());

class Net extends Module {
  readonly encoder: Sequential = new Sequential(new Linear(2, 3), new Tanh());
  readonly blocks: Linear[] = [new Linear(3, 3, { bias: false }), new Linear(3, 1)];
  readonly scale: Parameter = new Parameter(zeros([4]));
  readonly mean: Buffer = new Buffer(zeros([2]));
  readonly tied: Linear = this.blocks[0];

  override forward(x: Tensor): Tensor {
    return this.blocks.reduce((y, block) => block.forward(y), this.encoder.forward(x));
  }
}

describe("getSubmodule and getParameter", () => {
  test("find by dotted name, shared ones under every name", () => {
    const net = new Net();
    expect(net.getSubmodule("")).toBe(net);
    expect(net.getSubmodule("encoder.0")).toBe(net.encoder[0]);
    expect(net.getSubmodule("blocks.1")).toBe(net.blocks[1]);
    expect(net.getSubmodule("tied")).toBe(net.blocks[0]);
    expect(net.getParameter("blocks.1.bias")).toBe(net.blocks[1].bias);
    expect(net.getParameter("tied.weight")).toBe(net.blocks[0].weight);
    expect(net.getParameter("scale")).toBe(net.scale);
  });

  test("list the names there are", () => {
    const net = new Net();
    expect(() => net.getSubmodule("decoder")).toThrow(ArgumentError);
    expect(() => net.getSubmodule("decoder")).toThrow(
      'getSubmodule: no module "decoder"; there are encoder, encoder.0, encoder.1, blocks.0, blocks.1, tied',
    );
    expect(() => net.getParameter("mean")).toThrow(
      'getParameter: no parameter "mean"; there are scale, encoder.0.weight',
    );
    expect(() => new Tanh().getParameter("weight")).toThrow("there are none");
    const long = new Sequential(...Array.from({ length: 15 }, () => new Linear(1, 1)));
    expect(() => long.getParameter("weight")).toThrow("9.bias, and 10 more");
  });
});

test("parameterCount counts shared parameters once, and no buffers", () => {
  const net = new Net();
  expect(net.parameterCount()).toBe(9 + 9 + 4 + 4);
  net.encoder.requiresGrad_(false);
  expect(net.parameterCount()).toBe(26);
  expect(net.parameterCount({ trainable: true })).toBe(17);
});

test("requiresGrad_ freezes and thaws a part", () => {
  const net = new Net();
  expect(net.encoder.requiresGrad_(false)).toBe(net.encoder);
  net
    .forward(zeros([1, 2]))
    .sum()
    .backward();
  expect(net.encoder.parameters().map(({ grad }) => grad)).toEqual([null, null]);
  expect(net.blocks[1].weight.grad).not.toBeNull();
  net.requiresGrad_();
  net
    .forward(zeros([1, 2]))
    .sum()
    .backward();
  expect(net.encoder.parameters().every(({ grad }) => grad !== null)).toBe(true);
  expect(net.mean.requiresGrad).toBe(false);
});

test("apply visits every module once, parts before the whole", () => {
  const net = new Net();
  const order: Module[] = [];
  expect(net.apply((module) => void order.push(module))).toBe(net);
  expect(order).toEqual([net.encoder[0], net.encoder[1], net.encoder, net.blocks[0], net.blocks[1], net]);
  net.apply((module) => {
    if (module instanceof Linear) init.ones_(module.weight);
  });
  expect(net.blocks[1].weight.toArray()).toEqual([[1, 1, 1]]);
});

test("modules, children and namedBuffers list what there is", () => {
  const net = new Net();
  expect(net.modules()).toEqual([net, net.encoder, net.encoder[0], net.encoder[1], ...net.blocks]);
  expect(net.children()).toEqual([net.encoder, ...net.blocks, net.tied]);
  expect([...net.namedBuffers()]).toEqual([["mean", net.mean]]);
});

describe("printing", () => {
  test("shows the tree, as PyTorch does", () => {
    const tree = [
      "Net(",
      "  (encoder): Sequential(",
      "    (0): Linear(inFeatures: 2, outFeatures: 3, bias: true)",
      "    (1): Tanh()",
      "  )",
      "  (blocks.0): Linear(inFeatures: 3, outFeatures: 3, bias: false)",
      "  (blocks.1): Linear(inFeatures: 3, outFeatures: 1, bias: true)",
      "  (tied): Linear(inFeatures: 3, outFeatures: 3, bias: false)",
      ")",
    ].join("\n");
    expect(String(new Net())).toBe(tree);
    expect(inspect(new Net())).toBe(tree);
    expect(inspect([new Tanh()])).toBe("[ Tanh() ]");
  });

  test("shows settings that are plain values", () => {
    expect(String(new Dropout(0.2))).toBe("Dropout(p: 0.2)");
    expect(String(new Embedding(4, 2))).toBe("Embedding(numEmbeddings: 4, embeddingDim: 2)");
    expect(String(new Embedding(4, 2, { paddingIdx: 1 }))).toBe(
      "Embedding(numEmbeddings: 4, embeddingDim: 2, paddingIdx: 1)",
    );
    expect(String(new LayerNorm([2, 3], { bias: false }))).toBe(
      "LayerNorm(normalizedShape: [2, 3], eps: 0.00001, elementwiseAffine: true, bias: false)",
    );
    expect(String(new GELU())).toBe('GELU(approximate: "none")');
  });

  test("shows a module's own settings above its parts, and ends where a module holds itself", () => {
    class Loop extends Module {
      readonly depth: number = 2;
      readonly head: Tanh = new Tanh();
      readonly self: Module = this;
      override forward(): void {
        this.zeroGrad();
      }
    }
    expect(String(new Loop())).toBe("Loop(\n  depth: 2\n  (head): Tanh()\n  (self): Loop(...)\n)");
  });
});
