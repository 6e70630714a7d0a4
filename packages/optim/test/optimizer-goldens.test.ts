import { cpu } from "@unrolled/backend-cpu";
import { type NestedArray, noGrad, type Tensor, tensor } from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { golden, largestError } from "./support/compare.js";
import { classes, make, type OptimizerName } from "./support/optimizers.js";

type Pair = readonly [NestedArray, NestedArray];

interface OptimizerCase {
  readonly optimizer: OptimizerName;
  readonly options: object;
  readonly groups?: readonly ({ readonly params: readonly number[] } & object)[];
  readonly after: readonly Pair[];
  readonly long: readonly Pair[];
}

const file = golden<{
  readonly header: { readonly pull: number; readonly long: readonly number[] };
  readonly parameters: Pair;
  readonly gradients: readonly (readonly (NestedArray | null)[])[];
  readonly optimizers: readonly OptimizerCase[];
}>("goldens/optim2.json", import.meta.url);
const { pull, long: longSteps } = file.header;
const cases = file.optimizers.map(
  (one) => [`${one.optimizer} ${JSON.stringify(one.options)} ${JSON.stringify(one.groups ?? "")}`, one] as const,
);

test("the goldens have every optimiser, by options and by groups", () => {
  const names = new Set(file.optimizers.map(({ optimizer }) => optimizer));
  expect([...names].sort()).toEqual(Object.keys(classes).sort());
  expect(file.optimizers.filter(({ groups }) => groups !== undefined)).toHaveLength(names.size);
  expect(longSteps).toEqual([100, 1000]);
});

describe.each([cpu(), decomposed])("as PyTorch, on $name", (backend) => {
  const start = ({ optimizer, options, groups }: OptimizerCase, dtype: "float32" | "float64") => {
    const parameters = file.parameters.map((value) => tensor(value, { backend, dtype, requiresGrad: true }));
    const input = groups?.map((group) => ({ ...group, params: group.params.map((i) => parameters[i]) })) ?? parameters;
    const gradientOf = (step: number, i: number): Tensor | null => {
      const value = file.gradients[step % file.gradients.length][i];
      return value === null ? null : tensor(value, { backend, dtype });
    };
    return { parameters, gradientOf, subject: make(optimizer, input, options) };
  };

  test.each(cases)("%s", (_name, one) => {
    for (const [dtype, tolerance] of [
      ["float64", 1e-12],
      ["float32", 1e-5],
    ] as const) {
      const { parameters, gradientOf, subject } = start(one, dtype);
      for (const [step, expected] of one.after.entries()) {
        for (const [i, parameter] of parameters.entries()) parameter.grad = gradientOf(step, i);
        subject.step();
        for (const [i, parameter] of parameters.entries()) {
          const error = largestError(parameter, expected[i]);
          expect(error, `parameter ${i} after step ${step} in ${dtype}`).toBeLessThanOrEqual(tolerance);
        }
      }
    }
    expect(one.after).toHaveLength(12);
  });

  test.each(cases)("%s, a thousand steps in float64 to 1e-11", (_name, one) => {
    const { parameters, gradientOf, subject } = start(one, "float64");
    const reached: number[] = [];
    for (let step = 0; step < 1000; step++) {
      for (const [i, parameter] of parameters.entries()) {
        parameter.grad = noGrad(() => gradientOf(step, i)?.add(parameter.mul(pull)) ?? null);
      }
      subject.step();
      const at = longSteps.indexOf(step + 1);
      if (at < 0) continue;
      reached.push(step + 1);
      for (const [i, parameter] of parameters.entries()) {
        const error = largestError(parameter, one.long[at][i]);
        expect(error, `parameter ${i} after ${step + 1} steps`).toBeLessThanOrEqual(1e-11);
      }
    }
    expect(reached).toEqual(longSteps);
  });
});
