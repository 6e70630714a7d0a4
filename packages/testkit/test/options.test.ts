// Options that nobody reads, values that do not exist, and runs that look at nothing are refused, by a typed error.
import { ArgumentError, type DType } from "@unrolled/backend";
import {
  conformanceCases,
  describeConformance,
  describeRunnerConformance,
  referenceBackend,
  referenceRunner,
  runConformance,
  runnerConformanceCases,
  runRunnerConformance,
} from "@unrolled/testkit";
import { runTrainingConformance, trainingConformanceCases } from "@unrolled/testkit/training";
import { describe, expect, test } from "vitest";

type Given = Readonly<Record<string, unknown>>;
type Run = (options: Given) => Promise<unknown>;

const backend = (): ReturnType<typeof referenceBackend> => referenceBackend();
const without = (...ops: readonly ("matmul" | "erf")[]) => {
  const right = referenceBackend();
  return (): object => ({
    ...right,
    kernels: { ...right.kernels, ...Object.fromEntries(ops.map((op) => [op, null])) },
  });
};
const runner = (): ReturnType<typeof referenceRunner> => referenceRunner();
const toolkit = Object.fromEntries(
  "tensor zeros concat where mseLoss noGrad scope RNN LSTM GRU Linear SGD Adam"
    .split(" ")
    .map((name) => [name, () => 0]),
);

// As from JavaScript, where no type stands in the way.
const onBackend = ((options: Given) => runConformance({ name: "t", backend, ...options } as never)) satisfies Run;
const onRunner = ((options: Given) => runRunnerConformance({ name: "t", runner, ...options } as never)) satisfies Run;
const inTraining = ((options: Given) =>
  runTrainingConformance({ name: "t", backend, toolkit, ...options } as never)) satisfies Run;

const refusals: readonly (readonly [what: string, run: Run, options: Given, message: RegExp])[] = [
  ["a misspelt op", onBackend, { ops: ["lstmSequnce"] }, /^runConformance: ops names "lstmSequnce".*lstmSequence/],
  ["no ops", onBackend, { ops: [] }, /ops is empty; give some of neg, /],
  ["ops as text", onBackend, { ops: "add" }, /ops is "add", not an array/],
  ["skips", onBackend, { skips: {} }, /unknown option skips; the options are name, backend, ops, skip/],
  ["op", onBackend, { op: ["add"] }, /unknown option op;/],
  ["dtypes of a backend", onBackend, { dtypes: new Set(["float32"]) }, /unknown option dtypes;/],
  ["no skips", onBackend, { skip: null }, /skip is null; give \{ "name of a case": "reason" \}/],
  ["no name", onBackend, { name: undefined }, /name is undefined/],
  ["a backend", onBackend, { backend: backend() }, /backend is an object, not a function; .*backend: \(\) => mine\(\)/],
  ["no backend made", onBackend, { backend: () => undefined }, /backend\(\) gave undefined; return a Backend/],
  [
    "a half backend",
    onBackend,
    { backend: () => ({ kernels: {} }) },
    /gave an object without a Set capabilities\.dtypes, upload, read, free, memory, sync, dispose; return/,
  ],

  ["a misspelt op", onRunner, { ops: ["addd"] }, /^runRunnerConformance: ops names "addd", which is not known; .*add/],
  ["dtype", onRunner, { dtype: new Set(["float32"]) }, /unknown option dtype; .*dtypes/],
  [
    "an unknown dtype",
    onRunner,
    { dtypes: new Set(["float31"]) },
    /dtypes names "float31".*float32, float64, int32, bool/,
  ],
  ["an array of dtypes", onRunner, { dtypes: ["float32"] }, /dtypes is an array, not a Set; give new Set\(/],
  ["no dtypes", onRunner, { dtypes: new Set() }, /dtypes is empty/],
  ["outOfRange", onRunner, { outOfRange: "refuse" }, /outOfRange is "refuse"; use one of "refused", "zeros"/],
  ["memory", onRunner, { memory: { buffers: 0, bytes: 0 } }, /memory is an object, not a function/],
  ["no skips", onRunner, { skip: null }, /skip is null/],
  ["a runner", onRunner, { runner: runner() }, /runner is an object, not a function/],
  ["no runner made", onRunner, { runner: async () => undefined }, /runner\(\) gave undefined; return a Runner/],
  ["a backend as runner", onRunner, { runner: backend }, /runner\(\) gave an object without prepare/],

  ["a misspelt topic", inTraining, { topics: ["layer"] }, /^runTrainingConformance: topics names "layer".*layers/],
  ["ops of training", inTraining, { ops: ["add"] }, /unknown option ops; .*topics/],
  ["no toolkit", inTraining, { toolkit: undefined }, /toolkit is undefined; give import \* as toolkit from "unrolled"/],
  [
    "a part of a toolkit",
    inTraining,
    { toolkit: { ...toolkit, LSTM: undefined, SGD: 1 } },
    /the toolkit has no LSTM, SGD/,
  ],
  ["a missing kernel", inTraining, { backend: without("matmul", "erf") }, /without kernels\.erf, kernels\.matmul; /],
  ["no backend made", inTraining, { backend: () => null }, /backend\(\) gave null/],
];

describe.each([
  ["runConformance", onBackend],
  ["runRunnerConformance", onRunner],
  ["runTrainingConformance", inTraining],
] as const)("%s refuses", (_name, level) => {
  const own = refusals.filter(([, run]) => run === level);
  test.each(own)("%s", async (_what, run, options, message) => {
    const error = await run(options).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ArgumentError);
    expect(String(error).replace(/^ArgumentError: /, "")).toMatch(message);
  });
});

test.each([
  ["conformanceCases", () => conformanceCases({ ops: ["addd" as "add"] })],
  ["runnerConformanceCases", () => runnerConformanceCases({ ops: ["addd" as "add"] })],
  ["trainingConformanceCases", () => trainingConformanceCases({ topics: ["addd" as "layers"] })],
  ["referenceBackend", () => referenceBackend({ dtypes: ["float31" as DType] })],
])("%s refuses names that it does not know", (where, make) => {
  expect(make).toThrow(ArgumentError);
  expect(make).toThrow(new RegExp(`^${where}: (ops|topics|dtypes) names "(addd|float31)", which is not known; `));
});

test("an option object that is none is refused", () => {
  expect(() => conformanceCases({ op: ["add"] } as never)).toThrow("unknown option op; the options are ops");
  expect(() => referenceBackend({ dtype: [] } as never)).toThrow("unknown option dtype;");
  expect(() => describeConformance({ describe, it: test }, null as never)).toThrow(ArgumentError);
});

test("the test runner comes first", () => {
  const options = { name: "t", backend };
  expect(() => describeConformance(options as never, { describe, it: test } as never)).toThrow(
    'the first argument is an object without describe and it; give { describe, it } of a test runner, as of "vitest"',
  );
  expect(() => describeRunnerConformance(undefined as never, { name: "t", runner })).toThrow("is undefined; give");
});

test("a run none of whose cases applies does not pass", async () => {
  const bare = (): ReturnType<typeof referenceBackend> => referenceBackend({ fused: false });
  const nothing = runConformance({ name: "bare", backend: bare, ops: ["sgdStep"] });
  await expect(nothing).rejects.toThrow(ArgumentError);
  await expect(nothing).rejects.toThrow(/none of the \d+ cases applies: it offers no sgdStep/);

  const tests: (() => Promise<void>)[] = [];
  const recorder = {
    describe: (_name: string, body: () => void) => body(),
    it: (_name: string, body: () => Promise<void>) => void tests.push(body),
  };
  describeConformance(recorder, { name: "bare", backend: bare, ops: ["sgdStep"] });
  for (const body of tests.slice(0, -1)) await body();
  await expect(tests.at(-1)?.()).rejects.toThrow("none of the");
});

test("a test runner that picks a few cases may end after them", async () => {
  const tests: (() => Promise<void>)[] = [];
  const recorder = {
    describe: (_name: string, body: () => void) => body(),
    it: (_name: string, body: () => Promise<void>) => void tests.push(body),
  };
  const narrow = (): ReturnType<typeof referenceBackend> => referenceBackend({ dtypes: ["float32"] });
  const report = describeConformance(recorder, { name: "narrow", backend: narrow, ops: ["erf"] });
  const float64 = conformanceCases({ ops: ["erf"] }).findIndex(({ dtype }) => dtype === "float64");
  await tests[float64]();
  await expect(tests.at(-1)?.()).resolves.toBeUndefined();
  expect(report.notApplicable.length).toBe(1);
});

test("a backend that cannot be made fails the run, with its own error", async () => {
  const absent = async (): Promise<never> => Promise.reject(new RangeError("no such engine"));
  await expect(runConformance({ name: "absent", backend: absent })).rejects.toThrow("no such engine");
});

test("kernels may be written one by one: those that are not asked for may be missing", async () => {
  const growing = without("matmul") as typeof backend;
  const { passed, failed } = await runConformance({ name: "growing", backend: growing, ops: ["add"] });
  expect([passed.length > 0, failed]).toEqual([true, []]);
  const report = await runConformance({ name: "growing", backend: growing, ops: ["matmul"] });
  expect(report.failed.length).toBe(report.cases);
  expect(String(report.failed[0].error)).toContain("matmul: kernels.matmul is null, not a function");
});
