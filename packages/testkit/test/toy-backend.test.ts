import { readFileSync } from "node:fs";
import { describeConformance } from "@unrolled/testkit";
import { describe, expect, it, test } from "vitest";
import { toyBackend } from "../../../docs/examples/pages/backend-toy.js";

describeConformance({ describe, it }, { name: "a toy backend of one page", backend: toyBackend });

test("a whole backend fits on a page", () => {
  const lines = readFileSync(new URL("../../../docs/examples/pages/backend-toy.ts", import.meta.url), "utf8")
    .trimEnd()
    .split("\n");
  expect(lines.length).toBeLessThan(150);
});
