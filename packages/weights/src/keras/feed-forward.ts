import type { HostTensor } from "@unrolled/backend";
import { transpose } from "./arrays.js";

/** A Keras Dense layer's kernel [inputs, units] and bias as Linear's weight [units, inputs] and bias. */
export function denseFromKeras({
  kernel,
  bias,
}: {
  readonly kernel: HostTensor;
  readonly bias?: HostTensor;
}): Record<string, HostTensor> {
  const weight = transpose("denseFromKeras", "kernel", kernel);
  return bias === undefined ? { weight } : { weight, bias };
}

/** The way back from `denseFromKeras`. */
export function denseToKeras({
  weight,
  bias,
}: {
  readonly weight: HostTensor;
  readonly bias?: HostTensor;
}): Record<string, HostTensor> {
  const kernel = transpose("denseToKeras", "weight", weight);
  return bias === undefined ? { kernel } : { kernel, bias };
}
