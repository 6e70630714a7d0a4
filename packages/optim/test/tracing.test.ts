import { type Graph, GraphError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { interpreter, type NamedTensors, setDefaultBackend, type Tensor, tensor, trace } from "@unrolled/core";
import { Adam, type Optimizer, SGD, type SGDOptions } from "@unrolled/optim";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { largestError } from "./support/compare.js";

setDefaultBackend(cpu());

const data = Float64Array.of(1, -2, 0.5, 3, 0.25, -1);
const x = tensor(data, { shape: [3, 2] });
const leaf = (): Tensor => tensor([[0.3], [-0.7]], { dtype: "float64", requiresGrad: true });
const lossOf = (w: Tensor, input: Tensor): Tensor => input.matmul(w).tanh().sub(0.5).square().mean();
const named = (w: Tensor): NamedTensors => ({ namedTensors: () => [["w", w]] });

function traceStep(w: Tensor, optimizer: Optimizer<never>): Promise<Graph> {
  return trace(
    ({ input }) => ({ loss: optimizer.step(() => lossOf(w, input)) }),
    { input: x },
    {
      state: [named(w), optimizer],
    },
  );
}

describe.each([cpu(), decomposed])("a traced step of SGD on $name", (backend) => {
  test.each<Partial<SGDOptions>>([
    { lr: 0.5 },
    { lr: 0.1, momentum: 0.9, weightDecay: 0.1 },
    { lr: 0.1, momentum: 0.9, nesterov: true },
  ])("with %o trains as the eager one", async (options) => {
    const w = leaf();
    const optimizer = new SGD([w], options);
    const graph = await traceStep(w, optimizer as unknown as Optimizer<never>);
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
  test("the bias correction of Adam, and its next step is as if nothing had been", async () => {
    const [w, other] = [leaf(), leaf()];
    const [adam, untouched] = [new Adam([w]), new Adam([other])];
    const attempt = traceStep(w, adam as unknown as Optimizer<never>);
    await expect(attempt).rejects.toThrow(GraphError);
    await expect(attempt).rejects.toThrow("Adam: the bias correction changes from step to step");
    adam.step(() => lossOf(w, x));
    untouched.step(() => lossOf(other, x));
    expect(w.toArray()).toEqual(other.toArray());
  });

  test("the dampening of SGD, which the first step does without", async () => {
    const w = leaf();
    const sgd = new SGD([w], { momentum: 0.9, dampening: 0.5 });
    await expect(traceStep(w, sgd as unknown as Optimizer<never>)).rejects.toThrow("SGD: dampening changes");
  });
});

test("tracing a step is no step", async () => {
  const [w, other] = [leaf(), leaf()];
  const [traced, untouched] = [new SGD([w], { momentum: 0.9 }), new SGD([other], { momentum: 0.9 })];
  await traceStep(w, traced as unknown as Optimizer<never>);
  // the first step alone goes without dampening
  for (const optimizer of [traced, untouched]) optimizer.paramGroups[0].dampening = 0.5;
  traced.step(() => lossOf(w, x));
  untouched.step(() => lossOf(other, x));
  expect(w.toArray()).toEqual(other.toArray());
});
