// Two marked values among a hundred: what an LSTM learns in a few minutes, and a plain RNN from the same batches does not.
import { cpu, manualSeed, withBackend } from "unrolled";
import { expect, it } from "vitest";
import { baseline, evaluate, makeAdders, mean, train } from "../examples/adding-problem.js";

const length = 100;
const steps = 3000;
const every = 100;

it("the LSTM reaches a mean squared error below 0.01, the plain RNN does not", { timeout: 20 * 60_000 }, () =>
  withBackend(cpu(), () => {
    manualSeed(0);
    const adders = makeAdders();
    const lstmErrors: number[] = [];
    const rnnErrors: number[] = [];
    let last: { lstm: number; rnn: number }[] = [];
    let step = 0;
    for (const losses of train(adders, { length, steps })) {
      last.push(losses);
      step++;
      if (last.length < every) continue;
      lstmErrors.push(mean(last.map(({ lstm }) => lstm)));
      rnnErrors.push(mean(last.map(({ rnn }) => rnn)));
      last = [];
      console.log(`step ${step}: LSTM ${lstmErrors.at(-1)?.toFixed(5)}, RNN ${rnnErrors.at(-1)?.toFixed(5)}`);
      if (Math.min(...lstmErrors) < 0.01) break;
    }
    const unseen = { lstm: evaluate(adders.lstm, { length }), rnn: evaluate(adders.rnn, { length }) };
    console.log(`new sequences: LSTM ${unseen.lstm.toFixed(5)}, RNN ${unseen.rnn.toFixed(5)}`);

    expect(lstmErrors.at(-1)).toBeLessThan(0.01);
    expect(unseen.lstm).toBeLessThan(0.01);
    expect(Math.min(...rnnErrors)).toBeGreaterThan(0.8 * baseline);
    expect(unseen.rnn).toBeGreaterThan(0.8 * baseline);
  }),
);
