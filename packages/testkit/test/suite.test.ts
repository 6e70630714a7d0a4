import { ArgumentError } from "@unrolled/backend";
import {
  type ConformanceError,
  conformanceCases,
  describeConformance,
  referenceBackend,
  runConformance,
} from "@unrolled/testkit";
import { describe, expect, it, test } from "vitest";
import { type Plant, toyBackend } from "./toy.js";

describeConformance({ describe, it }, { name: "a toy made of the references", backend: () => toyBackend() });

const backend = (): ReturnType<typeof toyBackend> => toyBackend();

/** A test runner that only writes down what is registered. */
function recorder(): {
  readonly runner: Parameters<typeof describeConformance>[0];
  readonly tests: Map<string, () => Promise<void>>;
} {
  const tests = new Map<string, () => Promise<void>>();
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it: (name: string, body: () => Promise<void>) => void tests.set(name, body),
  };
  return { runner, tests };
}

const swallowsNaN: Plant = (toy) => {
  const right = toy.kernels.relu;
  toy.kernels.relu = (inputs, call) => {
    const [output] = right(inputs, call);
    const meta = call.out[0];
    if (!output || !meta) throw new TypeError("no output");
    const data = toy.readSync(output, meta);
    toy.free(output);
    return [toy.upload(data.map((v) => (Number.isNaN(v) ? 0 : v)) as typeof data, meta.shape, meta.dtype)];
  };
};
const known = "relu float32 NaN, infinities and 0";

test("case names are unique", () => {
  const names = conformanceCases().map((c) => c.name);
  expect(new Set(names).size).toBe(names.length);
});

test("cases can be chosen by op", () => {
  const cases = conformanceCases({ ops: ["flip", "backend"] });
  expect(new Set(cases.map((c) => c.op))).toEqual(new Set(["flip", "backend"]));
});

test("dtypes that a backend does not have are left out, counted, and no skips", async () => {
  const narrow = { dtypes: ["float32"] as const, readSync: false, checksIndices: false, fused: false };
  const report = await runConformance({ name: "narrow", backend: () => referenceBackend(narrow) });
  expect(report.failed).toEqual([]);
  expect(report.skipped).toEqual([]);
  expect(report.passed.length + report.notApplicable.length).toBe(report.cases);
  expect(report.passed).toContain("add float32 [3, 5] [5]");
  expect(report.notApplicable).toContainEqual({ name: "add float64 [3, 5] [5]", reason: "it has no float64" });
  expect(report.notApplicable).toContainEqual({
    name: "gather refuses the index 2 of 2",
    reason: "it does not look at indices",
  });
  expect(report.notApplicable).toContainEqual({ name: "sgdStep float32 [] plain", reason: "it offers no sgdStep" });
});

test("indices out of range give zeros, or are dropped, on backends that cannot look", async () => {
  const blind = (): ReturnType<typeof referenceBackend> => referenceBackend({ checksIndices: false });
  const report = await runConformance({ name: "blind", ops: ["gather", "scatterAdd"], backend: blind });
  expect(report.failed).toEqual([]);
  expect(report.passed).toContain("gather float32 an index out of range gives zeros");
  expect(report.passed).toContain("scatterAdd float32 an index out of range is dropped");
});

test("a fused call that is not accepted is left out", async () => {
  const picky: Plant = (toy) => {
    toy.fused.linear.accepts = (call) => call.in[0]?.dtype === "float32";
  };
  const report = await runConformance({ name: "picky", ops: ["linear"], backend: () => toyBackend(picky) });
  expect(report.failed).toEqual([]);
  expect(report.passed.every((name) => name.includes("float32"))).toBe(true);
  expect(new Set(report.notApplicable.map(({ reason }) => reason))).toEqual(new Set(["it does not accept the call"]));
});

test("a skipped case runs, and its failure is booked with the reason", async () => {
  const skip = { [known]: "its maximum instruction drops NaN", "relu float64 NaN, infinities and 0": "the same" };
  const report = await runConformance({ name: "t", ops: ["relu"], backend: () => toyBackend(swallowsNaN), skip });
  expect(report.failed).toEqual([]);
  expect(report.skipped).toContainEqual({ name: known, reason: "its maximum instruction drops NaN" });
});

test("a skipped case that passes fails as stale", async () => {
  const skip = { [known]: "its maximum instruction drops NaN" };
  const { runner, tests } = recorder();
  const report = describeConformance(runner, { name: "t", ops: ["relu"], backend, skip });
  await expect(tests.get(known)?.()).rejects.toThrow(`skip of ${known} is stale: the case passes`);
  expect(report.failed.map((failure) => (failure.error as ConformanceError).check)).toEqual(["skip"]);
});

test("a skip of a case that does not apply is stale", async () => {
  const skip = { "relu float64 [7]": "too slow" };
  const narrow = (): ReturnType<typeof referenceBackend> => referenceBackend({ dtypes: ["float32"] });
  const report = await runConformance({ name: "t", ops: ["relu"], backend: narrow, skip });
  expect(report.failed.map(({ error }) => String(error))).toEqual([expect.stringContaining("is stale")]);
});

test.each(["", "  "])("a skip needs a reason, which %j is not", (reason) => {
  const register = (): unknown =>
    describeConformance(recorder().runner, { name: "t", backend, skip: { [known]: reason } });
  expect(register).toThrow(ArgumentError);
  expect(register).toThrow(/gives no reason/);
});

test("a skip that names no case is refused", () => {
  const skip = { "relu float16 [7]": "no such dtype" };
  expect(() => describeConformance(recorder().runner, { name: "t", backend, skip })).toThrow(/names no case/);
});

test("cases run when the runner calls them, on one backend, which the last test disposes of", async () => {
  let made = 0;
  const { runner, tests } = recorder();
  const counted = async (): Promise<ReturnType<typeof toyBackend>> => {
    made++;
    return toyBackend();
  };
  const report = describeConformance(runner, { name: "t", ops: ["flip"], backend: counted });
  expect(made).toBe(0);
  for (const body of tests.values()) await body();
  expect(made).toBe(1);
  expect([...tests.keys()].at(-1)).toBe("the backend can be disposed");
  expect(report.passed.length).toBe(report.cases);
});
