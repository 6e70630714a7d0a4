import type { Device } from "../device.js";
import { adamStep, sgdStep } from "./host.js";
import * as shaded from "./shaded.js";
import type { UpdateComputes } from "./update-compute.js";

/** The optimiser updates that an engine offers whole. */
export function updatesFor(device: Device): UpdateComputes {
  if (device.hasHostMemory) return { sgdStep, adamStep };
  return device.shade ? { sgdStep: shaded.sgdStep, adamStep: shaded.adamStep } : {};
}
