import { BackendError, dtypes, type HostTensor } from "@unrolled/backend";
import type { Tensor } from "onnxruntime-node";
import type { Ort } from "./engine.js";

export function toTensor(ort: Ort, { data, shape, dtype }: HostTensor): Tensor {
  return new ort.Tensor(dtype, data, [...shape]);
}

export function fromTensor({ data, dims, type }: Tensor): HostTensor {
  const dtype = dtypes.find((known) => known === type);
  const typed =
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof Int32Array ||
    data instanceof Uint8Array;
  if (dtype && typed) return { data, shape: dims, dtype };
  throw new BackendError(
    "onnxRuntime",
    `a result is a tensor of ${type}`,
    "graphs hold float32, float64, int32 and bool",
  );
}
