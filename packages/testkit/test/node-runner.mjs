import { describe, it } from "node:test";
import { describeConformance, describeRunnerConformance, referenceBackend, referenceRunner } from "@unrolled/testkit";

const broken = process.env.BROKEN === "1";

function backend() {
  const right = referenceBackend();
  if (!broken) return right;
  return { ...right, kernels: { ...right.kernels, flip: right.kernels.neg } };
}

/** @returns {import("@unrolled/backend").Runner} */
function runner() {
  const right = referenceRunner();
  if (!broken) return right;
  return { ...right, prepare: ({ dims: _dims, ...graph }) => right.prepare(graph) };
}

describeConformance({ describe, it }, { name: "the references", ops: ["flip", "backend"], backend });
describeRunnerConformance({ describe, it }, { name: "the references", ops: ["state", "scan", "sizes"], runner });
