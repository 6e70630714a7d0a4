import { expect, test } from "vitest";
import { openSession, stateOf } from "./support/session.js";

test("the Elman task reaches its goal, and the same link leads to the same numbers", async () => {
  const session = await openSession(stateOf("elman-sine"));
  await session.step(6000);
  const { progress, prediction } = await session.look({ prediction: { start: 10 } });
  expect(progress.update).toBe(6000);
  expect(progress.epochLosses).toHaveLength(300);
  expect(progress.trainLoss).toBeLessThan(0.002);
  const again = await openSession(await session.state());
  const replayed = await again.look({ prediction: { start: 10 } });
  expect(replayed.prediction).toEqual(prediction);
});

test("compiled steps go on where eager ones stopped, with the same numbers", async () => {
  const eager = await openSession(stateOf("elman-sine", {}, 1000));
  const swapped = await openSession(stateOf("elman-sine", {}, 500));
  await swapped.setEngine("cpu-compiled");
  await swapped.step(500);
  const [a, b] = [await eager.look({ weights: true }), await swapped.look({ weights: true })];
  for (const [i, { values }] of a.weights!.entries())
    for (const [k, value] of values.entries()) expect(b.weights![i].values[k]).toBeCloseTo(value, 4);
});

test("what has run away does not pretend to train when the rate is set lower", async () => {
  const session = await openSession(stateOf("sine", { optimizer: "sgd", clipGradNorm: 0, lr: 5 }));
  await session.play();
  await expect.poll(async () => (await session.look({})).progress.stopped).toMatch(/without bound/);
  const { update } = (await session.look({})).progress;
  await session.setLive("lr", 0.01);
  expect((await session.look({})).progress).toMatchObject({ playing: false, update });
  await session.play();
  await expect.poll(async () => (await session.look({})).progress.stopped).toMatch(/without bound/);
});

test("the hand-written trace gives the states of the layers themselves", async () => {
  const session = await openSession(stateOf("elman-sine", {}, 2000));
  const { trace, weights, prediction } = await session.look({
    trace: { example: 0 },
    weights: true,
    prediction: { start: 5 },
  });
  const head = weights!.find(({ name }) => name === "head.weight")!.values;
  const h = trace!.layers[0][0].values;
  for (let t = 0; t < trace!.steps; t++) {
    const output = head.reduce((sum, w, k) => sum + w * h[t * trace!.hiddenSize + k], 0);
    expect(output).toBeCloseTo(prediction!.teacherForced[t + 1], 5);
  }
});

test("a model that was just opened has no speed yet, and says whether it is tested", async () => {
  const session = await openSession(stateOf("elman-sine"));
  await session.play();
  await expect.poll(async () => (await session.look({})).progress.updatesPerSecond).toBeGreaterThan(0);
  await session.pause();
  const next = await session.open(stateOf("parity"), () => undefined);
  const { progress } = await session.look({});
  expect([progress.update, progress.updatesPerSecond]).toEqual([0, null]);
  expect(next).toMatchObject({ tested: true, objective: "binaryCrossEntropy", inputNames: ["bit"] });
  expect(await session.open(stateOf("elman-sine"), () => undefined)).toMatchObject({
    tested: false,
    objective: "halfSquaredError",
  });
});

test("another batch size leaves the epochs done as they were, when it is undone as well", async () => {
  const session = await openSession(stateOf("sine", { hiddenSize: 4 }, 30));
  const epochOf = async (): Promise<number> => (await session.look({})).progress.epoch;
  const before = await epochOf();
  expect(before).toBeGreaterThan(0);
  await session.setLive("batchSize", 8);
  expect(await epochOf()).toBe(before);
  await session.step(1);
  await session.open(await session.bookmark(), () => undefined);
  expect(await epochOf()).toBe(before);
  const { epochs } = (await session.look({})).progress;
  expect(epochs).toEqual([
    { from: 0, done: 0, updates: expect.any(Number) },
    { from: 30, done: 30 / epochs[0].updates, updates: expect.any(Number) },
  ]);
  expect(epochs[1].updates).toBeGreaterThan(epochs[0].updates);
  await session.step(epochs[1].updates);
  expect(await epochOf()).toBe(before + 1);
});
