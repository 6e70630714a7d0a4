import { type Graph, GraphError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { interpreter, type NamedTensors, setDefaultBackend, type Tensor, tensor, trace } from "@unrolled/core";
import { SGD } from "@unrolled/optim";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestError } from "./support/compare.js";
import { type AnyOptimizer, make, type OptimizerName } from "./support/optimizers.js";

setDefaultBackend(cpu());

const data = Float64Array.of(1, -2, 0.5, 3, 0.25, -1);
const x = tensor(data, { shape: [3, 2] });
const leaf = (): Tensor => tensor([[0.3], [-0.7]], { dtype: "float64", requiresGrad: true });
const lossOf = (w: Tensor, input: Tensor): Tensor => input.matmul(w).tanh().sub(0.5).square().mean();
const named = (w: Tensor): NamedTensors => ({ namedTensors: () => [["w", w]] });

function traceStep(w: Tensor, optimizer: AnyOptimizer): Promise<Graph> {
  return trace(
    ({ input }) => ({ loss: optimizer.step(() => lossOf(w, input)) }),
    { input: x },
    {
      state: [named(w), optimizer],
    },
  );
}

describe.each([cpu(), decomposed])("a traced step on $name", (backend) => {
  test.each<[OptimizerName, object]>([
    ["SGD", { lr: 0.5 }],
    ["SGD", { lr: 0.1, momentum: 0.9, weightDecay: 0.1 }],
    ["SGD", { lr: 0.1, momentum: 0.9, nesterov: true }],
    ["RMSprop", { centered: true, momentum: 0.9, weightDecay: 0.1 }],
    ["Adagrad", { lr: 0.1, initialAccumulatorValue: 0.5 }],
    ["Adadelta", { lr: 0.5, maximize: true }],
    ["Lion", { lr: 0.01, weightDecay: 0.1 }],
  ])("of %s with %o trains as the eager one", async (name, options) => {
    const w = leaf();
    const optimizer = make(name, [w], options);
    const graph = await traceStep(w, optimizer);
    expect(w.toArray()).toEqual(leaf().toArray());
    const runProgram = await interpreter(backend).prepare(graph);
    for (let i = 0; i < 4; i++) {
      const eager = optimizer.step(() => lossOf(w, x)).item();
      const { loss } = await runProgram.run({ input: { data, shape: [3, 2], dtype: "float64" } });
      expect(loss.data[0]).toBeCloseTo(eager, 14);
      const state = await runProgram.readState();
      expect(
        largestError(
          w,
          Array.from(state.w.data, (value) => [value]),
        ),
      ).toBeLessThan(1e-14);
    }
  });
});

describe("what would be frozen into the graph is refused", () => {
  test.each<[OptimizerName, object, string]>([
    ["Adam", {}, "the bias correction"],
    ["AdamW", {}, "the bias correction"],
    ["Adamax", {}, "the bias correction"],
    ["NAdam", {}, "the momentum"],
    ["RAdam", {}, "the rectification"],
    ["Adagrad", { lrDecay: 0.1 }, "the rate under lrDecay"],
    ["SGD", { momentum: 0.9, dampening: 0.5 }, "dampening"],
  ])("%s %o: %s, and its next step is as if nothing had been", async (name, options, what) => {
    const [w, other] = [leaf(), leaf()];
    const [subject, untouched] = [make(name, [w], options), make(name, [other], options)];
    const attempt = traceStep(w, subject);
    await expect(attempt).rejects.toThrow(GraphError);
    await expect(attempt).rejects.toThrow(`${name}: ${what} changes from step to step`);
    subject.step(() => lossOf(w, x));
    untouched.step(() => lossOf(other, x));
    expect(w.toArray()).toEqual(other.toArray());
  });

  test("state that would only be made in the traced step", async () => {
    const w = leaf();
    const sgd = new SGD([w]);
    sgd.paramGroups[0].momentum = 0.9;
    await expect(traceStep(w, sgd)).rejects.toThrow("SGD: momentum_buffer is made in the first step that needs it");
  });
});

test("tracing a step is no step", async () => {
  const [w, other] = [leaf(), leaf()];
  const [traced, untouched] = [new SGD([w], { momentum: 0.9 }), new SGD([other], { momentum: 0.9 })];
  await traceStep(w, traced);
  // the first step alone goes without dampening
  for (const optimizer of [traced, untouched]) optimizer.paramGroups[0].dampening = 0.5;
  traced.step(() => lossOf(w, x));
  untouched.step(() => lossOf(other, x));
  expect(w.toArray()).toEqual(other.toArray());
});
