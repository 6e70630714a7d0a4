import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type CompileOptions, compile, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { expect, test } from "vitest";

setDefaultBackend(cpu());
const weight = tensor([2]);
const state = { namedTensors: (): [string, Tensor][] => [["weight", weight]] };
const returning = (result: unknown) => compile((_x: Tensor) => result as Tensor, { state });

test.each([[undefined], [null], [5], [[tensor([1])]], [{}], [{ loss: 1 }]])(
  "a step that returns %s is told to return tensors",
  async (result) => {
    await expect(returning(result).run(tensor([1]))).rejects.toThrow(ArgumentError);
    await expect(returning(result).run(tensor([1]))).rejects.toThrow("return the loss");
  },
);

test.each([
  [{ state: null }, "state has null"],
  [{ state: [5] }, "state has a number"],
  [{ state, constants: ["weight"] }, "constants has a string"],
  [{ state, guard: 5 }, "guard is no function"],
])("options %o are refused: %s", (options, words) => {
  const wrong = options as unknown as CompileOptions;
  expect(() => compile((x: Tensor) => x.mul(weight), wrong)).toThrow(ArgumentError);
  expect(() => compile((x: Tensor) => x.mul(weight), wrong)).toThrow(words);
});

async function* later(): AsyncGenerator<[Tensor]> {
  yield [tensor([1])];
}

test.each([
  [5, "not iterable"],
  [later(), "not iterable"],
  [[tensor([1])], "no list of inputs"],
])("an epoch over %o is refused: %s", (batches, words) => {
  const step = compile((x: Tensor) => x.mul(weight), { state });
  expect(() => step.epoch(batches as unknown as [Tensor][])).toThrow(ArgumentError);
  expect(() => step.epoch(batches as unknown as [Tensor][])).toThrow(words);
});
