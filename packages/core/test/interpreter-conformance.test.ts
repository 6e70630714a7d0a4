import { cpu } from "@unrolled/backend-cpu";
import { interpreter } from "@unrolled/core";
import { describeRunnerConformance, referenceBackend } from "@unrolled/testkit";
import { describe, it } from "vitest";

describeRunnerConformance({ describe, it }, { name: "interpreter(cpu)", runner: () => interpreter(cpu()) });

// The references count their buffers, which the CPU backend leaves to the garbage collector.
const counting = referenceBackend({ fused: false });
describeRunnerConformance(
  { describe, it },
  {
    name: "interpreter(reference)",
    runner: () => interpreter(counting),
    memory: () => counting.memory(),
    ops: [
      "program",
      "state",
      "inputs",
      "sizes",
      "scan",
      "dispose",
      "linear",
      "softmax",
      "logSoftmax",
      "softmaxCrossEntropy",
      "layerNorm",
      "sgdStep",
      "add",
    ],
  },
);
