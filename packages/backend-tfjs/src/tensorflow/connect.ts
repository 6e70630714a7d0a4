import type { KernelBackend } from "@tensorflow/tfjs-core";
import type { PrimitiveOp } from "@unrolled/backend";
import type { FusedComputes } from "../fused/fused-compute.js";
import type { Computes } from "../kernels/compute.js";
import type { UpdateComputes } from "../updates/update-compute.js";
import type { NodeBackend } from "./binding.js";
import { TensorFlowDevice } from "./device.js";
import { gruSequence } from "./fused/gru.js";
import { linear } from "./fused/linear.js";
import { lstmSequence } from "./fused/lstm.js";
import { rnnSequence } from "./fused/rnn.js";
import { tensorFlowComputes } from "./kernels/index.js";
import { tensorFlowUpdates } from "./updates.js";

interface TensorFlowEngine {
  readonly device: TensorFlowDevice;
  readonly primitives: Computes<PrimitiveOp>;
  readonly fused: FusedComputes;
  readonly updates: UpdateComputes;
}

/** What the backend needs to run on an instance of the engine. */
export function connectTensorFlow(backend: KernelBackend): TensorFlowEngine {
  const device = new TensorFlowDevice(backend as NodeBackend);
  return {
    device,
    primitives: tensorFlowComputes(device),
    fused: {
      linear: linear(device),
      rnnSequence: rnnSequence(device),
      lstmSequence: lstmSequence(device),
      gruSequence: gruSequence(device),
    },
    updates: tensorFlowUpdates(device),
  };
}
