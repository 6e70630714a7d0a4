import type { Device } from "../device.js";
import type { FusedComputes } from "./fused-compute.js";
import { gruSequence } from "./host/gru.js";
import { lstmSequence } from "./host/lstm.js";
import { rnnSequence } from "./host/rnn.js";
import { linear } from "./linear.js";
import * as shaded from "./shaded/index.js";

/** The fused ops that an engine offers whole. */
export function fusedFor(device: Device): FusedComputes {
  if (device.hasHostMemory) return { linear, rnnSequence, lstmSequence, gruSequence };
  return {
    linear,
    rnnSequence: shaded.rnnSequence,
    lstmSequence: shaded.lstmSequence,
    gruSequence: shaded.gruSequence,
  };
}
