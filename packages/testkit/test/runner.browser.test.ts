import { runConformance, runRunnerConformance } from "@unrolled/testkit";
import { expect, test } from "vitest";
import { toyBackend } from "../../../docs/examples/pages/backend-toy.js";
import { toyRunner } from "./toy-runner.js";

test("a toy backend conforms in a browser", async () => {
  const { failed, passed } = await runConformance({ name: "toy", backend: toyBackend });
  expect(failed).toEqual([]);
  expect(passed.length).toBeGreaterThan(1000);
});

test("a toy runner conforms in a browser", async () => {
  const ops = ["program", "state", "inputs", "sizes", "scan", "dispose", "add", "linear"] as const;
  const { failed, passed } = await runRunnerConformance({ name: "toy", runner: () => toyRunner(), ops });
  expect(failed).toEqual([]);
  expect(passed.length).toBeGreaterThan(150);
});
