import { ArgumentError, DTypeError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  type CompileOptions,
  compile,
  noGrad,
  setDefaultBackend,
  syncState,
  type Tensor,
  tensor,
} from "@unrolled/core";
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

test("an input of another dtype than inputs says is told how to say it, before the step is traced", async () => {
  const traced: string[] = [];
  const step = (x: Tensor, n: Tensor): Tensor => {
    traced.push(n.dtype);
    return x.mul(weight).add(n.cast("float32"));
  };
  const counts = tensor([1, 2], { dtype: "int32" });
  const untyped = compile(step, { state, inputs: { x: ["b"], n: ["b"] } });
  await expect(untyped.run(tensor([1, 2]), counts)).rejects.toThrow(DTypeError);
  await expect(untyped.run(tensor([1, 2]), counts)).rejects.toThrow(
    'input n is int32, and inputs says float32, as a shape alone does; compile with inputs: { n: { shape: ["b"], dtype: "int32" } }',
  );
  expect(traced).toEqual([]);
  const typed = compile(step, { state, inputs: { x: ["b"], n: { shape: ["b"], dtype: "int32" } } });
  expect((await typed.run(tensor([1, 2]), counts)).toArray()).toEqual([3, 6]);
  await typed.dispose();
});

test("an input that the step does not take is refused, and the step goes on without it", async () => {
  const step = compile((x: Tensor) => x.mul(weight), { state });
  const loose = step as unknown as { run(...inputs: Tensor[]): Promise<Tensor>; epoch(b: Tensor[][]): Promise<Tensor> };
  const [x, extra] = [tensor([3]), tensor([4, 5])];
  await expect(loose.run(x, extra)).rejects.toThrow(ArgumentError);
  await expect(loose.run(x, extra)).rejects.toThrow("the step does not read input 2 of 2");
  await expect(loose.epoch([[x, extra]])).rejects.toThrow("does not read input 2");
  expect((await step.run(x)).toArray()).toEqual([6]);
  await expect(loose.run(x, extra)).rejects.toThrow("does not read input 2");
  await step.dispose();
  const rest = compile((...all: Tensor[]) => all.reduce((a, b) => a.add(b)).mul(weight), { state });
  expect((await rest.run(x, x, x)).toArray()).toEqual([18]);
  await rest.dispose();
  const careless = compile((x: Tensor, _mask: Tensor) => x.mul(weight), { state });
  expect((await careless.run(x, extra)).toArray()).toEqual([6]);
  await careless.dispose();
});

test("a model whose step is out of reach gets its elements back", async () => {
  const own = tensor([2]);
  const model = { namedTensors: (): [string, Tensor][] => [["own", own]] };
  const double = (x: Tensor): Tensor =>
    noGrad(() => {
      own.mul_(x);
      return own.sum();
    });
  const forget = async (): Promise<void> => {
    await compile(double, { state: model }).run(tensor([3]));
  };
  await forget();
  expect(() => own.dataSync()).toThrow("await syncState(model)");
  await syncState(model);
  expect(own.toArray()).toEqual([6]);
  await syncState([model, state]);
  expect(own.toArray()).toEqual([6]);
  await expect(syncState(5 as never)).rejects.toThrow(ArgumentError);
});
