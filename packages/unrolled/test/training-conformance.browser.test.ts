import { runTrainingConformance } from "@unrolled/testkit/training";
import * as toolkit from "unrolled";
import { expect, test } from "vitest";

test("training on cpu conforms in a browser", async () => {
  const { failed, passed } = await runTrainingConformance({ name: "cpu", backend: toolkit.cpu, toolkit });
  expect(failed).toEqual([]);
  expect(passed.length).toBeGreaterThan(80);
});
