// Updates write over the arrays of a parameter and its state where nobody else has them, and never where somebody does.
import { cpu } from "@unrolled/backend-cpu";
import { noGrad, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { Adam, type Optimizer, SGD } from "@unrolled/optim";
import { beforeEach, describe, expect, test } from "vitest";

setDefaultBackend(cpu());

const size = 1000; // large enough for the WebAssembly kernels; 3 is for the plain ones
const kinds: Record<string, (p: Tensor) => Optimizer<never & { lr: number }>> = {
  SGD: (p) => new SGD([p], { lr: 0.1 }) as never,
  "SGD with momentum": (p) => new SGD([p], { lr: 0.1, momentum: 0.9 }) as never,
  Adam: (p) => new Adam([p], { lr: 0.1 }) as never,
  "Adam with amsgrad": (p) => new Adam([p], { lr: 0.1, amsgrad: true }) as never,
};

describe.each(Object.keys(kinds).flatMap((name) => [3, size].map((n) => [name, n] as const)))("%s on %i", (name, n) => {
  let weight: Tensor;
  let optimizer: Optimizer<never & { lr: number }>;
  const step = (): void => {
    optimizer.step(() => weight.mul(weight).sum());
  };

  beforeEach(() => {
    weight = tensor(Float32Array.from({ length: n }, (_, i) => 1 + i / n)).requireGrad();
    optimizer = kinds[name](weight);
  });

  test("takes one array for all steps", () => {
    step();
    const arrays = new Set<unknown>();
    for (let i = 0; i < 4; i++) {
      arrays.add(weight.lentBuffer);
      step();
    }
    expect(arrays.size).toBe(1);
  });

  const aliases: Record<string, () => Tensor> = {
    detach: () => weight.detach(),
    reshape: () => noGrad(() => weight.reshape([n, 1])),
    "a tensor it was assigned to": () => noGrad(() => tensor(new Float32Array(n)).assign_(weight)),
  };
  test.each(Object.keys(aliases))("leaves what shares its elements as it is: %s", (which) => {
    step();
    const before = aliases[which]();
    const elements = Array.from(weight.dataSync());
    step();
    step();
    expect(Array.from(before.dataSync())).toEqual(elements);
    expect(Array.from(weight.dataSync())).not.toEqual(elements);
  });

  test("leaves elements that were read, and a state that was saved, as they are", () => {
    step();
    const read = weight.dataSync();
    const elements = Array.from(read);
    const state = optimizer.stateDict();
    const text = JSON.stringify(state);
    step();
    step();
    expect(Array.from(read)).toEqual(elements);
    expect(JSON.stringify(state)).toBe(text);
  });

  test("backward over what it changed still raises", () => {
    step();
    const loss = weight.mul(weight).sum();
    step();
    expect(() => loss.backward()).toThrow(/changed in place/);
  });
});
