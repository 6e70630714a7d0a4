// The example programs' functions, from the weights that PyTorch started from, against what PyTorch computed.
import { type Backend, cpu, RNN, tensor, withBackend } from "unrolled";
import { describe, expect, it, vi } from "vitest";
import { learnSine } from "../examples/elman-sine.js";
import { openBackend } from "../examples/lib/backends.js";
import { printedInput, printedPredictions, printedWeights } from "../examples/lib/printed-rnn.js";
import { stepsByHand } from "../examples/lib/rnn-by-hand.js";
import { evaluate, loaders, RnnLstm, train as trainLstm } from "../examples/lstm-windows.js";
import { freeRun, hiddenStates, train as trainRnn } from "../examples/rnn-subsequences.js";
import elman from "./goldens/elman-sine.json" with { type: "json" };
import lstm from "./goldens/lstm-windows.json" with { type: "json" };
import rnn from "./goldens/rnn-subsequences.json" with { type: "json" };

vi.setConfig({ testTimeout: 60_000 }); // a machine that does other work besides

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

function expectRelativelyClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  const one = expected.map(() => 1);
  expectClose(
    actual.map((value, i) => value / expected[i]),
    one,
    tolerance,
  );
}

async function onBackend(name: "cpu" | "tfjs:wasm", check: (backend: Backend) => Promise<void> | void): Promise<void> {
  const backend = await openBackend(name);
  const before = backend.memory().buffers;
  await check(backend);
  if (name === "cpu") return;
  expect(backend.memory().buffers - before).toBeLessThan(100);
  await backend.dispose();
}

describe.each(["cpu", "tfjs:wasm"] as const)("on %s", (name) => {
  it("elman-sine: the loss at every tenth epoch and the predictions", () =>
    onBackend(name, (backend) =>
      withBackend(backend, () => {
        const losses: number[] = [];
        const { w1, w2 } = elman.initial;
        const weights = { w1: tensor(w1, { requiresGrad: true }), w2: tensor(w2, { requiresGrad: true }) };
        const predictions = learnSine(weights, elman.epochs, (epoch, loss) => {
          if (epoch % 10 === 0) losses.push(loss);
        });
        expectClose(losses, elman.losses, 1e-4);
        expectClose(predictions, elman.predictions, 1e-4);
      }),
    ));

  it("rnn-subsequences: the losses over 200 subsequences, and the weights then", () =>
    onBackend(name, (backend) =>
      withBackend(backend, () => {
        const { points, pairs, initial, losses, final } = rnn.training;
        const model = new RNN(1, 4);
        model.loadStateDict(initial);
        const subsequences = pairs.map(([start, end]) => ({
          x: Float32Array.from(points.slice(start, end - 1)),
          y: points[end - 1],
        }));
        expectClose([...trainRnn(model, subsequences)], losses, 1e-5);
        const expected = new RNN(1, 4);
        expected.loadStateDict(final);
        for (const [key, value] of Object.entries(model.stateDict()))
          expectClose([...value.dataSync()], [...expected.stateDict()[key].dataSync()], 1e-5);
      }),
    ));

  it("lstm-windows: the epoch losses, the test loss and the test predictions", () =>
    onBackend(name, async (backend) => {
      const model = new RnnLstm();
      model.loadStateDict(lstm.initial);
      await model.to(backend);
      const { trainLoader, testLoader } = loaders(backend);
      expectRelativelyClose([...trainLstm(model, trainLoader, 5)], lstm.epochLosses, 1e-4);
      const [[x, y]] = testLoader;
      const { loss, predictions } = evaluate(model, x, y);
      expectClose([loss], [lstm.testLoss], 1e-6);
      expectClose(predictions, lstm.testPredictions, 1e-4);
    }));
});

describe("the published RNN weights", () => {
  const model = new RNN(1, 4, { backend: cpu() });
  model.loadStateDict(printedWeights);

  it("give the published predictions", () => {
    const predictions = freeRun(model, printedInput);
    expectClose(predictions.slice(0, 1), [-0.6632], 1e-4);
    expectClose(predictions, printedPredictions, 1e-4);
    expectClose(predictions, rnn.printed.freeRunning, 1e-6);
  });

  it("give the states that are computed by hand, and PyTorch's", () => {
    const states = hiddenStates(model, printedInput);
    const byHand = stepsByHand(printedWeights, printedInput);
    expect(states).toHaveLength(6);
    for (const [t, state] of states.entries()) {
      expectClose(state, byHand[t].next, 1e-6);
      expectClose(state, rnn.printed.firstPass[t], 1e-6);
    }
  });
});
