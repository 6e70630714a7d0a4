import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  addingProblem,
  chronologicalSplit,
  DataLoader,
  dampedSine,
  elmanSine,
  MinMaxScaler,
  parity,
  parseCsv,
  randomSubsequence,
  readSeries,
  sawtooth,
  sine,
  sineCycle,
  slidingWindows,
  sumOfSines,
} from "@unrolled/datasets";
import { expect, test } from "vitest";

const csv = "date,sales\n2024-01-01,5\n2024-01-02,7\n";
const wave = { length: 4, period: 4 };
/** Through a variable of a wider type, as from JavaScript. */
const loose = <T extends object>(options: T): T & Record<never, never> => ({ ...options, nope: 1 });

test.each<[op: string, call: () => unknown]>([
  ["DataLoader", () => new DataLoader([[1]], loose({ batchSize: 1 }))],
  ["slidingWindows", () => slidingWindows([1, 2, 3], loose({ length: 1 }))],
  ["chronologicalSplit", () => chronologicalSplit([1, 2, 3], loose({ test: 1 }))],
  ["MinMaxScaler", () => new MinMaxScaler(loose({}))],
  ["parseCsv", () => parseCsv(csv, loose({}))],
  ["readSeries", () => readSeries(csv, loose({}))],
  ["addingProblem", () => addingProblem(loose({ length: 4, count: 1 }))],
  ["parity", () => parity(loose({ length: 4, count: 1 }))],
  ["elmanSine", () => elmanSine(loose({}))],
  ["sineCycle", () => sineCycle(loose({}))],
  ["randomSubsequence", () => randomSubsequence(loose({}))],
  ["sine", () => sine(loose(wave))],
  ["sawtooth", () => sawtooth(loose(wave))],
  ["dampedSine", () => dampedSine(loose({ ...wave, decay: 0.1 }))],
  ["sumOfSines", () => sumOfSines(loose({ length: 4, waves: [{ period: 4 }] }))],
  ["sumOfSines, waves[0]", () => sumOfSines({ length: 4, waves: [loose({ period: 4 })] })],
])("%s refuses an option that it does not know", (op, call) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(`${op}: unknown option nope`);
});

test("PyTorch's spelling gets the name that was meant", () => {
  const options = { batch_size: 2 };
  // @ts-expect-error: not an option
  expect(() => new DataLoader([[1]], options)).toThrow("did you mean batchSize?");
  // @ts-expect-error: not an option
  expect(() => new DataLoader([[1]], 32)).toThrow("got number 32 where options go");
});

test("the promise of a backend is no backend", () => {
  const backend = Promise.resolve(cpu());
  // @ts-expect-error: not awaited
  expect(() => new DataLoader([[1]], { backend })).toThrow(
    "DataLoader: got a promise where a backend goes; await it: { backend: await tfjs(...) }",
  );
});

test("all known options are still taken", () => {
  const options = { delimiter: ",", column: "sales", dateColumn: "date", dateOrder: "ymd", decimal: "point" } as const;
  expect([...readSeries(csv, { ...options, missing: "previous" }).values]).toEqual([5, 7]);
  expect(
    slidingWindows([1, 2, 3], { length: 1, horizon: 1, stride: 1, features: [0], targets: [0], dtype: "float64" }),
  ).toHaveLength(2);
  expect(sine({ ...wave, amplitude: 1, phase: 0, noise: 0 })).toHaveLength(4);
});
