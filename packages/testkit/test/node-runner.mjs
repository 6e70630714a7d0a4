import { describe, it } from "node:test";
import { describeConformance, referenceBackend } from "@unrolled/testkit";

const broken = process.env.BROKEN === "1";

function backend() {
  const right = referenceBackend();
  if (!broken) return right;
  return { ...right, kernels: { ...right.kernels, flip: right.kernels.neg } };
}

describeConformance({ describe, it }, { name: "the references", ops: ["flip", "backend"], backend });
