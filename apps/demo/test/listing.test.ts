// What the tutorials printed beside what comes out here.
import { expect, test } from "vitest";
import type { Session } from "../src/session/session.js";
import { taskById } from "../src/tasks/index.js";
import type { ListingRow } from "../src/tasks/task.js";
import { openSession, stateOf } from "./support/session.js";

const rowsOf = (id: string): readonly ListingRow[] => taskById(id).listing!;

async function gotOf(session: Session, id: string): Promise<(number | null)[]> {
  const { progress, continuation } = await session.look({ continuation: true });
  return rowsOf(id).map(({ got }) => got({ ...progress, continuation: continuation ?? null }));
}

test("Elman: the sums of epochs fill in one after another and come near the printed ones", async () => {
  const session = await openSession(stateOf("elman-sine"));
  expect(await gotOf(session, "elman-sine")).toEqual([null, null, null, null, null]);
  await session.step(11 * 20);
  const early = await gotOf(session, "elman-sine");
  expect(early.map((value) => value !== null)).toEqual([true, true, false, false, false]);
  await session.step(280 * 20);
  const late = await gotOf(session, "elman-sine");
  expect(late.slice(0, 2)).toEqual(early.slice(0, 2));
  const printed = rowsOf("elman-sine").map((row) => row.printed);
  expect(printed).toEqual([
    2.777482271194458, 0.10264662653207779, 0.1178232803940773, 0.005524573381990194, 0.005174985621124506,
  ]);
  expect(late[0]).toBeGreaterThan(0.5);
  expect(late[4]).toBeLessThan(0.1);
});

test("LSTM: the five epochs and the test loss, which stay as they were at their time", async () => {
  const session = await openSession(stateOf("lstm-windows"));
  await session.step(120);
  const got = (await gotOf(session, "lstm-windows")) as number[];
  expect(rowsOf("lstm-windows").map((row) => row.printed)).toEqual([10.5, 6.06, 3.46, 0.55, 0.05, 0]);
  for (const [i, value] of got.slice(0, 5).entries()) if (i > 0) expect(value).toBeLessThan(got[i - 1]);
  expect(Math.abs(got[0] - 10.5)).toBeLessThan(2);
  expect(got[4]).toBeLessThan(0.5);
  expect(got[5]).toBeLessThan(0.005);
  await session.step(240);
  expect(await gotOf(session, "lstm-windows")).toEqual(got);
});

test("RNN: with the tutorial's own weights come its own ten predictions", async () => {
  const session = await openSession(stateOf("rnn-subsequences"));
  const weights = Object.entries(taskById("rnn-subsequences").printedWeights!);
  expect((await session.look({ weights: true })).weights!.map(({ name }) => name)).toEqual(
    weights.map(([name]) => name),
  );
  for (const [name, values] of weights)
    for (const [index, value] of values.entries()) await session.setWeight(name, index, value);
  const rows = rowsOf("rnn-subsequences");
  const got = await gotOf(session, "rnn-subsequences");
  const predictions = rows.flatMap((row, i) =>
    row.label.startsWith("prediction") ? [{ ...row, value: got[i]! }] : [],
  );
  expect(predictions).toHaveLength(10);
  expect(String(predictions[0].value)).toMatch(/^-0\.66315/);
  for (const { printed, value } of predictions) expect(Math.abs(value - printed)).toBeLessThan(1e-3); // weights were printed to four places
  const { prediction } = await session.look({ prediction: { start: 6 } });
  expect(Float32Array.from(prediction!.freeRunning.slice(6, 16))).toEqual(
    Float32Array.from(predictions, ({ value }) => value),
  );
});

test("RNN: losses of the last subsequences appear after 20,000 of them", async () => {
  const session = await openSession(stateOf("rnn-subsequences", {}, 20_000));
  const got = await gotOf(session, "rnn-subsequences");
  expect(got.slice(0, 3).every((loss) => loss !== null && loss < 0.05)).toBe(true);
});
