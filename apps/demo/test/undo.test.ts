import { cpu } from "@unrolled/backend-cpu";
import { afterEach, describe, expect, test, vi } from "vitest";
import { EngineUnavailableError } from "../src/engines/engine.js";
import { onnxCompiled } from "../src/engines/onnx.js";
import { tensorflowWasm } from "../src/engines/tensorflow.js";
import type { Session } from "../src/session/session.js";
import type { DemoState } from "../src/session/settings.js";
import { openSession, stateOf } from "./support/session.js";

afterEach(() => vi.restoreAllMocks());

async function numbersOf(session: Session): Promise<unknown> {
  const { weights, progress } = await session.look({ weights: true });
  const { update, trainLoss, testLoss, curve, epochLosses } = progress;
  return { weights, update, trainLoss, testLoss, curve, epochLosses };
}

/** Opens a state and counts the updates that were trained again for it. */
async function reopen(session: Session, state: DemoState): Promise<{ retrained: boolean }> {
  let retrained = false;
  await session.open(state, () => {
    retrained = true;
  });
  return { retrained };
}

describe.each([
  ["carried state", stateOf("elman-sine", { optimizer: "momentum" }, 150)],
  ["moments and test losses", stateOf("sine", { cell: "gru", hiddenSize: 5 }, 40)],
])("%s", (_, state) => {
  test("a change is undone and redone at once, to the very numbers, and training goes on as without", async () => {
    const session = await openSession(state);
    const before = await numbersOf(session);
    await session.setWeight("head.weight", 1, 3);
    await session.step(25);
    const changed = await session.bookmark();
    const after = await numbersOf(session);

    expect(await reopen(session, state)).toEqual({ retrained: false });
    expect(await numbersOf(session)).toEqual(before);
    await session.step(30);
    const plain = await openSession({ ...state, update: state.update + 30 });
    expect(await numbersOf(session)).toEqual(await numbersOf(plain));

    expect(await reopen(session, changed)).toEqual({ retrained: false });
    expect(await numbersOf(session)).toEqual(after);
    const elsewhere = await openSession(changed);
    expect(await numbersOf(elsewhere)).toEqual(after);
  });
});

test("live changes come back in their order, and from the nearest point", async () => {
  const session = await openSession(stateOf("sine", { hiddenSize: 4 }, 10));
  await session.setLive("lr", 0.05);
  await session.step(10);
  await session.setLive("optimizer", "rmsprop");
  await session.setLive("batchSize", 7);
  await session.step(10);
  await session.setLive("clipGradNorm", 0.1);
  await session.setLive("schedule", "step");
  await session.step(10);
  const end = await session.bookmark();
  const numbers = await numbersOf(session);
  const settings = await session.settings();
  const fresh = await openSession(end);
  expect(await numbersOf(fresh)).toEqual(numbers);
  expect(await fresh.settings()).toEqual(settings);
  await session.open(stateOf("parity"), () => undefined);
  expect(await reopen(session, { ...end, update: end.update + 1 })).toEqual({ retrained: true });
  await fresh.step(1);
  expect(await numbersOf(session)).toEqual(await numbersOf(fresh));
});

test("what was left is told, and the way back to another task needs no training", async () => {
  const session = await openSession(stateOf("sine", {}, 30));
  const numbers = await numbersOf(session);
  const { left } = await session.open(stateOf("elman-sine"), () => undefined);
  expect(left).toEqual(stateOf("sine", {}, 30));
  expect(await reopen(session, left!)).toEqual({ retrained: false });
  expect(await numbersOf(session)).toEqual(numbers);
});

test("a pause ends a replay where it is", async () => {
  const session = await openSession(stateOf("elman-sine"));
  let seen = 0;
  const opening = session.open(stateOf("elman-sine", {}, 1_000_000), (update) => {
    seen = update;
    void session.pause();
  });
  await opening;
  const { update } = await session.state();
  expect(update).toBe(seen);
  expect(update).toBeLessThan(1_000_000);
});

test("a weight that the model does not have is left out of what a link says, and told", async () => {
  const session = await openSession(stateOf("elman-sine"));
  const changes = [{ kind: "weight", update: 0, name: "head.weight", index: 99, value: 1 }] as const;
  const { problems } = await session.open({ ...stateOf("elman-sine"), changes }, () => undefined);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain("head.weight");
  expect((await session.state()).changes).toEqual([]);
});

test("a model that cannot be made leaves the one that is there", async () => {
  const session = await openSession(stateOf("sine", {}, 10));
  const before = await numbersOf(session);
  await expect(session.open(stateOf("sine", { windowLength: 5000 }), () => undefined)).rejects.toThrow("windows");
  expect(await numbersOf(session)).toEqual(before);
});

const lost = "Nothing to compute on";

test("an engine that is not there leaves training as it is", async () => {
  vi.spyOn(tensorflowWasm, "open").mockRejectedValue(new EngineUnavailableError(lost));
  const session = await openSession(stateOf("elman-sine", {}, 20));
  const before = await numbersOf(session);
  await session.play();
  await expect(session.setEngine("tfjs-wasm")).rejects.toThrow(lost);
  await expect.poll(async () => (await session.state()).update).toBeGreaterThan(20);
  await session.pause();
  expect((await session.settings()).engine).toBe("cpu");
  await session.open(stateOf("elman-sine", {}, 20), () => undefined);
  expect(await numbersOf(session)).toEqual(before);
});

test("a link to an engine that is not there trains on the CPU, and says so", async () => {
  vi.spyOn(tensorflowWasm, "open").mockRejectedValue(new EngineUnavailableError(lost));
  const session = await openSession(stateOf("elman-sine"));
  const { problems } = await session.open(stateOf("elman-sine", { engine: "tfjs-wasm" }, 20), () => undefined);
  expect(problems).toEqual([`${lost}. Training goes on the CPU instead.`]);
  expect((await session.settings()).engine).toBe("cpu");
  const plain = await openSession(stateOf("elman-sine", {}, 20));
  expect(await numbersOf(session)).toEqual(await numbersOf(plain));
});

test("an engine that fails in the middle of training is replaced, and no update is lost", async () => {
  const warned = vi.spyOn(console, "warn").mockReturnValue();
  const failing = {
    contract: "v1" as const,
    name: "failing",
    prepare: () => Promise.reject(new Error("the device is lost")),
  };
  const dispose = vi.fn(() => Promise.resolve());
  vi.spyOn(onnxCompiled, "open").mockResolvedValue({ backend: cpu(), runner: failing, words: "failing", dispose });
  const session = await openSession(stateOf("elman-sine", {}, 20));
  await session.setEngine("onnx");
  await session.step(30);
  const { progress } = await session.look({});
  expect(progress.engine).toBe("cpu");
  expect(progress.notice).toContain("the device is lost");
  expect(dispose).toHaveBeenCalledOnce();
  expect(warned).toHaveBeenCalled();
  const plain = await openSession(stateOf("elman-sine", {}, 50));
  expect(await numbersOf(session)).toEqual(await numbersOf(plain));
});

describe.each(["cpu-compiled", "onnx"])("%s", (engine) => {
  test.each([
    ["elman-sine", {}],
    ["sine", { cell: "gru", hiddenSize: 6, schedule: "cosine" }],
    ["adding", { cell: "lstm", hiddenSize: 6, variedLengths: true }],
  ] as const)("swaps in the middle of training on %s, and the curve goes on", async (task, settings) => {
    const eager = await openSession(stateOf(task, settings, 60));
    const session = await openSession(stateOf(task, settings, 20));
    await session.setEngine(engine);
    await session.step(20);
    await session.setEngine("cpu");
    await session.step(20);
    const [expected, got] = [await eager.look({ weights: true }), await session.look({ weights: true })];
    expect(got.progress.update).toBe(60);
    expect(got.progress.curve.train.length).toBe(expected.progress.curve.train.length);
    for (const [i, loss] of expected.progress.curve.train.entries())
      expect(Math.abs(got.progress.curve.train[i] - loss)).toBeLessThan(1e-4 * Math.max(1, loss));
    for (const [i, { values }] of expected.weights!.entries())
      for (const [k, value] of values.entries()) expect(got.weights![i].values[k]).toBeCloseTo(value, 3);
  });
});
