import { tfjs } from "@unrolled/backend-tfjs";
import { describeConformance } from "@unrolled/testkit";
import { describe, it } from "vitest";

for (const engine of ["cpu", "wasm"] as const) {
  describeConformance({ describe, it }, { name: `tfjs-${engine}`, backend: () => tfjs(engine) });
}
