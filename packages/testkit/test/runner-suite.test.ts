import { describeRunnerConformance, runnerConformanceCases } from "@unrolled/testkit";
import { describe, expect, it, test } from "vitest";
import { toyRunner } from "./toy-runner.js";

const slow = new Set(["rnnSequence", "lstmSequence", "gruSequence"]); // their gradients by central differences
const ops = [...new Set(runnerConformanceCases().map((c) => c.op))].filter((op) => !slow.has(op));

describeRunnerConformance({ describe, it }, { name: "a toy made of the references", runner: () => toyRunner(), ops });

test("case names are unique", () => {
  const names = runnerConformanceCases().map((c) => c.name);
  expect(new Set(names).size).toBe(names.length);
});
