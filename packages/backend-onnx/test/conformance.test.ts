import { onnxRuntime } from "@unrolled/backend-onnx";
import { describeRunnerConformance } from "@unrolled/testkit";
import { describe, it } from "vitest";
import knownGaps from "./known-gaps.json" with { type: "json" };

describeRunnerConformance(
  { describe, it },
  { name: "onnx-cpu", runner: () => onnxRuntime({ threads: 1 }), skip: knownGaps },
);
