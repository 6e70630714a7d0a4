import { describe, expect, test } from "vitest";
import type { LayerWeights } from "../src/cells/cell-kind.js";
import { cellKind } from "../src/cells/index.js";
import { stepUnit } from "../src/cells/walk.js";
import { flowInWords } from "../src/panels/gradients/in-words.js";
import type { NamedWeights } from "../src/session/look.js";
import type { Session } from "../src/session/session.js";
import { taskById } from "../src/tasks/index.js";
import type { Example, TaskRun } from "../src/tasks/task.js";
import { countSteps, paddedRange } from "../src/ui/chart-ranges.js";
import { openSession, stateOf } from "./support/session.js";

const settings = { hiddenSize: 5, windowLength: 9 };
const cells = ["rnn", "lstm", "gru"];

async function opened(
  cell: string,
  task = "adding",
): Promise<{ session: Session; run: TaskRun; weights: NamedWeights[] }> {
  const state = stateOf(task, { ...settings, cell }, 40);
  const session = await openSession(state);
  const { weights } = await session.look({ weights: true });
  return { session, run: await taskById(task).open(state.settings, null), weights: [...weights!] };
}

/** One layer and its readout in doubles. `nudge` may change the hidden state [hiddenSize] after each step. */
function outputInDoubles(
  cell: string,
  weights: readonly NamedWeights[],
  x: Float64Array,
  steps: number,
  nudge: (step: number, h: Float64Array) => void = () => undefined,
): number {
  const named = (name: string): Float32Array => weights.find((one) => one.name === name)!.values;
  const kind = cellKind(cell);
  const inputSize = x.length / steps;
  const layer: LayerWeights = {
    inputSize,
    hiddenSize: settings.hiddenSize,
    weightIh: named("recurrent.weight_ih_l0"),
    weightHh: named("recurrent.weight_hh_l0"),
    biasIh: named("recurrent.bias_ih_l0"),
    biasHh: named("recurrent.bias_hh_l0"),
  };
  let state = kind.stateNames.map(() => new Float64Array(settings.hiddenSize));
  for (let t = 0; t < steps; t++) {
    const before = state;
    const units = Array.from({ length: settings.hiddenSize }, (_, unit) =>
      stepUnit(kind, layer, x, t * inputSize, before, unit),
    );
    state = kind.stateNames.map((name) => Float64Array.from(units, ({ values }) => values[`${name}'`]));
    nudge(t, state[0]);
  }
  return state[0].reduce((sum, h, k) => sum + h * named("head.weight")[k], named("head.bias")[0]);
}

const slopeOf = (at: (nudge: number) => number): number => (at(1e-5) - at(-1e-5)) / 2e-5;

describe.each(cells)("gradients of %s", (cell) => {
  test("the norm at each step is the slope of the loss along each hidden unit", async () => {
    const { session, run, weights } = await opened(cell);
    const { gradientNorms } = await session.look({ gradientNorms: { example: 2 } });
    const { x, steps, answer }: Example = run.example(2);
    const loss = (step: number, unit: number, nudge: number): number =>
      (outputInDoubles(cell, weights, Float64Array.from(x), steps, (t, h) => {
        if (t === step) h[unit] += nudge;
      }) -
        answer[0]) **
      2;
    expect(gradientNorms).toMatchObject({ layers: 1, steps, example: 2 });
    expect(gradientNorms!.loss).toBeCloseTo(loss(0, 0, 0), 5);
    for (let step = 0; step < steps; step++) {
      const slopes = Array.from({ length: settings.hiddenSize }, (_, unit) =>
        slopeOf((nudge) => loss(step, unit, nudge)),
      );
      const norm = Math.hypot(...slopes);
      expect(Math.abs(gradientNorms!.values[step] - norm)).toBeLessThan(1e-4 * norm + 1e-7);
    }
  });

  test("the gradient to each input is the slope of the output along it, and 0 for what is read later", async () => {
    const { session, run, weights } = await opened(cell);
    const step = 6;
    const { saliency } = await session.look({ saliency: { example: 1, step, output: 0 } });
    const { x, steps } = run.example(1);
    expect(saliency).toMatchObject({ steps, inputSize: 2, step });
    const output = (at: number, nudge: number): number => {
      const read = Float64Array.from(x.subarray(0, 2 * (step + 1)));
      if (at < read.length) read[at] += nudge;
      return outputInDoubles(cell, weights, read, step + 1);
    };
    expect(saliency!.value).toBeCloseTo(output(0, 0), 5);
    for (let i = 0; i < x.length; i++) {
      const slope = slopeOf((nudge) => output(i, nudge));
      expect(Math.abs(saliency!.values[i] - slope)).toBeLessThan(1e-4 * Math.abs(slope) + 1e-6);
    }
  });
});

test("the norm of the cell state is told of an LSTM alone, and is the slope along c", async () => {
  for (const [cell, has] of [
    ["rnn", false],
    ["gru", false],
    ["lstm", true],
  ] as const) {
    const { session } = await opened(cell);
    const { gradientNorms } = await session.look({ gradientNorms: { example: 0 } });
    expect(gradientNorms!.cellState !== null).toBe(has);
    expect(gradientNorms!.learnsOver).toBeNull();
  }
  const { session, weights } = await opened("lstm");
  const { gradientNorms, byHand } = await session.look({
    gradientNorms: { example: 0 },
    byHand: { example: 0, layer: 0, step: Number.MAX_SAFE_INTEGER, unit: null, output: 0 },
  });
  // After the last step the answer depends on c through o * tanh(c) alone.
  const made = (symbol: string): Float64Array =>
    [...byHand!.gates, ...byHand!.lines].find((one) => one.symbol === symbol)!.values;
  const head = weights.find(({ name }) => name === "head.weight")!.values;
  const slopes = Array.from(made("o"), (o, k) => o * (1 - Math.tanh(made("c'")[k]) ** 2) * head[k]);
  const ofHidden = Math.hypot(...head);
  const { cellState, values, steps } = gradientNorms!;
  expect(cellState![steps - 1] / values[steps - 1]).toBeCloseTo(Math.hypot(...slopes) / ofHidden, 4);
});

test("of a task that goes on from the state before, it is told that no gradient goes back", async () => {
  const session = await openSession(stateOf("elman-sine"));
  const { gradientNorms } = await session.look({ gradientNorms: { example: 0 } });
  expect(gradientNorms!.learnsOver).toBe(1);
  expect(flowInWords([1e-9, 1], false)).not.toMatch(/learned/);
  expect(flowInWords([1e-9, 1], true)).toMatch(/can hardly be learned from/);
});

test("axes have room around values that are all alike, and steps for any count", () => {
  expect(paddedRange(7, 7)).toEqual([6.3, 7.7]);
  expect(paddedRange(0, 0)).toEqual([-1, 1]);
  const [low, high] = paddedRange(7, 7.0000005);
  expect(high - low).toBeCloseTo(1.4, 3);
  expect(paddedRange(null, null)).toEqual([0, 1]);
  expect(paddedRange(0, 10)).toEqual([0, 11]);
  expect(countSteps.some((step) => 4e7 / step > 2 && 4e7 / step < 8)).toBe(true);
});

test("gradients of letters lead to their embeddings, and layers have norms of their own", async () => {
  const session = await openSession(stateOf("names", { hiddenSize: 8, numLayers: 2 }, 5));
  const { saliency, gradientNorms, nextTokens } = await session.look({
    saliency: { example: 0, step: 2, output: 4 },
    gradientNorms: { example: 0 },
    nextTokens: { example: 0 },
  });
  expect(saliency!.inputSize).toBe(16);
  expect(saliency!.values.subarray(0, 16).some((v) => v !== 0)).toBe(true);
  expect(saliency!.values.subarray(3 * 16).every((v) => v === 0)).toBe(true);
  expect(gradientNorms!.values).toHaveLength(2 * gradientNorms!.steps);
  const { shares, classes, steps, truth } = nextTokens!;
  for (let t = 0; t < steps; t++)
    expect(shares.subarray(t * classes, (t + 1) * classes).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  expect(truth.at(-1)).toBe(1);
});

test("answers stand beside the truth", async () => {
  const session = await openSession(stateOf("parity", { hiddenSize: 4, windowLength: 6 }, 3));
  const { answers, lossNow } = await session.look({ answers: true, lossNow: true });
  expect(answers!.truth).toHaveLength(200);
  const mean = answers!.predicted.reduce((sum, p, i) => sum - Math.log(answers!.truth[i] === 1 ? p : 1 - p), 0) / 200;
  expect(lossNow!.of).toBe("test");
  expect(lossNow!.loss).toBeCloseTo(mean, 5);
});

test("the errors are those of the predictions, in the units of the series", async () => {
  const session = await openSession(stateOf("sum-of-sines", { hiddenSize: 6 }, 30));
  const { prediction } = await session.look({ prediction: { start: 60 } });
  const run = await taskById("sum-of-sines").open(stateOf("sum-of-sines", { hiddenSize: 6 }).settings, null);
  const { values } = run.series!;
  const rmse = (predicted: ArrayLike<number>, from: number, to: number): number => {
    let sum = 0;
    for (let t = from; t < to; t++) sum += (predicted[t] - values[t]) ** 2;
    return Math.sqrt(sum / (to - from));
  };
  for (const { of, rmse: told, count, among } of prediction!.errors) {
    expect(count).toBe(among);
    const from =
      of === "free" ? 60 : of === "test" ? run.series!.testFrom : prediction!.teacherForced.findIndex(Number.isFinite);
    const predicted = of === "free" ? prediction!.freeRunning : prediction!.teacherForced;
    expect(told).toBeCloseTo(rmse(predicted, from, from + among), 5);
  }
  expect(prediction!.errors.map(({ of }) => of)).toEqual(["training", "test", "free"]);
});

test("a part of the series is predicted as the whole is", async () => {
  const session = await openSession(stateOf("sum-of-sines", { hiddenSize: 6 }, 30));
  const whole = await session.look({ prediction: { start: 80 } });
  const part = await session.look({ prediction: { start: 80, from: 70, to: 95 } });
  for (let t = 70; t < 95; t++) {
    expect(part.prediction!.teacherForced[t]).toBeCloseTo(whole.prediction!.teacherForced[t], 5);
    if (t >= 80) expect(part.prediction!.freeRunning[t]).toBeCloseTo(whole.prediction!.freeRunning[t], 5);
  }
  expect(part.prediction!.teacherForced[69]).toBeNaN();
  expect(part.prediction!.freeRunning[95]).toBeNaN();
});

test("a changed weight moves the prediction and the loss", async () => {
  const session = await openSession(stateOf("elman-sine", {}, 2000));
  const want = { prediction: { start: 10 }, lossNow: true, weights: true };
  const before = await session.look(want);
  await session.setWeight("head.weight", 0, 3);
  const after = await session.look(want);
  expect(after.weights!.find(({ name }) => name === "head.weight")!.values[0]).toBe(3);
  expect(after.lossNow!.loss).toBeGreaterThan(before.lossNow!.loss);
  expect(after.prediction!.teacherForced).not.toEqual(before.prediction!.teacherForced);
});
