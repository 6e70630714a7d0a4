import { describe, expect, test } from "vitest";
import { engineKind } from "../src/engines/index.js";
import { learningRate } from "../src/session/optimizers.js";
import type { Settings } from "../src/session/settings.js";
import { Trainer } from "../src/session/trainer.js";
import { taskById, tasks } from "../src/tasks/index.js";
import { stateOf } from "./support/session.js";

const updates = 50;

async function losses(settings: Settings): Promise<number[]> {
  const task = taskById(settings.task);
  const run = await task.open(settings, null);
  const engine = await engineKind(settings.engine).open();
  const trainer = await Trainer.create(settings, run, engine, null);
  const got: number[] = [];
  for (let u = 0; u < updates; u++) {
    const lr = learningRate(settings, u, task.goal.updates);
    got.push(await trainer.update(run.batch(u), lr, u % run.updatesPerEpoch === 0));
  }
  await trainer.dispose();
  await engine.dispose();
  return got;
}

const cases: readonly (readonly [name: string, settings: Settings])[] = [
  ...tasks.map(({ id }) => [id, stateOf(id).settings] as const),
  ["varied lengths", stateOf("sine", { variedLengths: true, cell: "gru", numLayers: 2 }).settings],
  ["a carried state of an LSTM", stateOf("elman-sine", { cell: "lstm", numLayers: 2, schedule: "cosine" }).settings],
  ["a carried state of a GRU", stateOf("elman-sine", { cell: "gru", optimizer: "adam" }).settings],
];

describe.each(cases)("%s", (_, settings) => {
  test.each(["cpu-compiled", "onnx"])("%s trains as the CPU does", { timeout: 120_000 }, async (engine) => {
    const expected = await losses({ ...settings, engine: "cpu" });
    const got = await losses({ ...settings, engine });
    const largest = Math.max(...expected);
    const off = got.map((loss, u) => Math.abs(loss - expected[u]) / Math.max(expected[u], 1e-3 * largest));
    expect(Math.max(...off)).toBeLessThan(1e-4);
  });
});
