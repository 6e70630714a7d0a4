import type { HostTensor } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { type HostInput, interpreter, setDefaultBackend, tensor, trace, traceStep } from "@unrolled/core";
import { expect, test } from "vitest";
import { make, type OptimizerName } from "./support/optimizers.js";

setDefaultBackend(cpu());

const float64 = (value: number): HostTensor => ({ data: Float64Array.of(value), shape: [], dtype: "float64" });

/** What the host would fill in for one step, and how the next ones come. */
async function hostInputsOf(
  name: OptimizerName,
  options: object,
  stepsBefore: number,
): Promise<{ hostInputs: readonly HostInput[]; advance: () => void; setRate: (rate: number) => void }> {
  const w = tensor([0.3, -0.7], { dtype: "float64" }).requireGrad();
  const optimizer = make(name, [w], options);
  for (let i = 0; i < stepsBefore; i++) optimizer.step(() => w.square().sum());
  const { hostInputs, afterRun } = await traceStep(
    () => optimizer.step(() => w.square().sum()),
    {},
    { state: [{ namedTensors: () => [["w", w]] }, optimizer] },
  );
  return {
    hostInputs,
    advance: () => {
      for (const fn of afterRun) fn();
    },
    setRate: (rate) => {
      optimizer.paramGroups[0].lr = rate;
    },
  };
}

test.each<[OptimizerName, object, number]>([
  ["SGD", { lr: 0.1 }, 0],
  ["SGD", { lr: 0.1, momentum: 0.9, dampening: 0.25 }, 0],
  ["SGD", { lr: 0.1, momentum: 0.9, dampening: 0.25 }, 2],
  ["Adam", { lr: 0.05 }, 0],
  ["Adam", { lr: 0.05, betas: [0, 0.5], amsgrad: true }, 3],
  ["AdamW", { lr: 0.05 }, 1],
  ["Adamax", {}, 0],
  ["RAdam", { lr: 0.05, betas: [0.9, 0.95], weightDecay: 0.1, decoupledWeightDecay: true }, 0],
  ["Adagrad", { lr: 0.1, lrDecay: 0.1 }, 2],
  ["RMSprop", {}, 0],
  ["Adadelta", {}, 0],
  ["Lion", { weightDecay: 0.1 }, 0],
])(
  "the numbers of %s with %o, %i steps in, follow from the number of the run and the rate",
  async (name, options, before) => {
    const { hostInputs, advance, setRate } = await hostInputsOf(name, options, before);
    expect(hostInputs.length).toBeGreaterThan(0);
    const rates = new Set(hostInputs.map(({ rate }) => rate?.name));
    expect([...rates]).toEqual([`${name}.0.lr`]);
    const graph = await trace(
      ({ run, rate }) =>
        Object.fromEntries(hostInputs.map((input) => [input.name, input.fromStep?.(run, rate) ?? rate])),
      { run: { shape: [], dtype: "float64" }, rate: { shape: [], dtype: "float64" } },
    );
    const program = await interpreter(cpu()).prepare(graph);
    for (let run = 1; run <= 12; run++) {
      setRate(0.1 / run);
      const found = await program.run({ run: float64(run), rate: float64(hostInputs[0].rate?.now() as number) });
      for (const { name: input, make: now, value } of hostInputs) {
        expect([input, found[input].shape, found[input].dtype]).toEqual([input, [], "float64"]);
        expect(found[input].data[0]).toBeCloseTo(now(value.shape) as number, 13);
      }
      advance();
    }
  },
);

test("the product of momenta in NAdam has no rule", async () => {
  const { hostInputs } = await hostInputsOf("NAdam", {}, 0);
  expect(hostInputs.map(({ name, fromStep }) => [name, fromStep])).toEqual([
    ["NAdam.0.variance", undefined],
    ["NAdam.0.gradient_step", undefined],
    ["NAdam.0.mean_step", undefined],
  ]);
});
