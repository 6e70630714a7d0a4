// Named here so that the dev server prepares them before the first test, not at the first dynamic import.
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { tfjs } from "@unrolled/backend-tfjs";
import { runConformance } from "@unrolled/testkit";
import { expect, test } from "vitest";

test.each(["cpu", "wasm"] as const)("%s conforms in a browser", async (engine) => {
  const { failed, passed } = await runConformance({ name: `tfjs-${engine}`, backend: () => tfjs(engine) });
  expect(failed).toEqual([]);
  expect(passed.length).toBeGreaterThan(1000);
});
