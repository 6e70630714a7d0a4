import { tfjs } from "@unrolled/backend-tfjs";
import { describe, expect, test } from "vitest";
import type { OpenEngine } from "../src/engines/engine.js";
import { engineKind } from "../src/engines/index.js";
import { learningRate } from "../src/session/optimizers.js";
import type { Settings } from "../src/session/settings.js";
import { type Checkpoint, Trainer } from "../src/session/trainer.js";
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

test.each(tasks.filter(({ id }) => ["elman-sine", "sine", "parity", "names"].includes(id)).map(({ id }) => id))(
  "twenty swaps to TensorFlow.js and back on %s leave nothing behind there",
  async (id) => {
    const { settings } = stateOf(id, { optimizer: "adam", hiddenSize: 5 });
    const run = await taskById(id).open(settings, null);
    const words = "TensorFlow.js";
    const backend = await tfjs("wasm");
    const engines: readonly OpenEngine[] = [
      { backend, runner: null, words, dispose: () => Promise.resolve() },
      await engineKind("cpu").open(),
    ];
    let from: Checkpoint | null = null;
    for (let swap = 0; swap < 20; swap++) {
      const trainer: Trainer = await Trainer.create(settings, run, engines[swap % 2], from);
      for (let u = 0; u < 3; u++) await trainer.update(run.batch(3 * swap + u), 0.01, swap + u === 0);
      await trainer.setWeight("recurrent.weight_ih_l0", 0, 0.5);
      from = await trainer.checkpoint();
      await trainer.weights();
      if (swap % 4 === 0) await trainer.setOptimizer({ ...settings, optimizer: "momentum" });
      if (swap % 4 === 0) await trainer.update(run.batch(0), 0.01, false);
      await trainer.dispose();
      expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    }
    await backend.dispose();
  },
);
