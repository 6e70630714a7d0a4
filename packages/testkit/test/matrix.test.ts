import { ArgumentError } from "@unrolled/backend";
import { conformanceMatrix, referenceBackend, runConformance } from "@unrolled/testkit";
import { expect, test } from "vitest";
import { toyBackend } from "../../../docs/examples/pages/backend-toy.js";

test("a cell that passed whole is a number, another gives its counts and reasons", async () => {
  const report = await runConformance({ name: "toy", ops: ["add", "flip"], backend: toyBackend });
  const { kernels } = conformanceMatrix([report]);
  expect(kernels?.ops.add.float32).toBeGreaterThan(5);
  const cases = report.results.filter(({ op, dtype }) => op === "add" && dtype === "float64").length;
  expect(kernels?.ops.add.float64).toEqual({
    passed: 0,
    failed: 0,
    skipped: 0,
    notApplicable: cases,
    reasons: ["it has no float64"],
  });
  expect(kernels?.passed).toBe(report.passed.length);
  expect(kernels?.notApplicable).toBe(report.notApplicable.length);
});

test("skips and failures stand with their reasons", async () => {
  const right = referenceBackend();
  const backend = (): typeof right => ({ ...right, kernels: { ...right.kernels, flip: right.kernels.neg } });
  const skip = { "flip float32 [] over []": "known" };
  const report = await runConformance({ name: "broken", ops: ["flip"], backend, skip });
  const cell = conformanceMatrix([report]).kernels?.ops.flip.float32;
  expect(cell).toMatchObject({ skipped: 1 });
  expect(JSON.stringify(cell)).toContain("known");
  expect(JSON.stringify(cell)).toContain("flip: output 0");
});

test("a skip of a group books each of its cases", async () => {
  const right = referenceBackend();
  const backend = (): typeof right => ({ ...right, kernels: { ...right.kernels, flip: right.kernels.neg } });
  const report = await runConformance({ name: "broken", ops: ["flip"], backend, skip: { "flip bool*": "known" } });
  expect(report.skipped.length).toBeGreaterThan(1);
  expect(report.skipped.every(({ name, reason }) => name.startsWith("flip bool") && reason === "known")).toBe(true);
});

test("what would be left out of the matrix, or is no report, is refused", async () => {
  const run = (): ReturnType<typeof runConformance> =>
    runConformance({ name: "toy", ops: ["add"], backend: toyBackend });
  const report = await run();
  for (const [given, message] of [
    [report, "got no array; give an array of the reports of one engine"],
    [[], "got no report"],
    [[run()], "element 0 is no report; await"],
    [[undefined], "element 0 is no report"],
    [[report, report], "two reports are of level kernels; make one matrix for each engine"],
  ] as const) {
    expect(() => conformanceMatrix(given as never)).toThrow(ArgumentError);
    expect(() => conformanceMatrix(given as never)).toThrow(message);
  }
});
