import { dtypeOf, type TypedArray } from "@unrolled/backend";
import { bufferOf } from "../engine.js";
import type { Tensor } from "../tensor.js";

function isTypedArray(buffer: object): buffer is TypedArray {
  return ArrayBuffer.isView(buffer) && !(buffer instanceof DataView);
}

/**
 * A tensor's elements to be read at once, not to be kept or changed: its own buffer where that lies on the host as a typed array, else
 * a copy.
 *
 * @throws BackendError where the backend cannot be read synchronously
 */
export function elementsOf(tensor: Tensor): TypedArray {
  if (tensor.backend.capabilities.hostMemory) {
    const buffer = bufferOf("run", tensor);
    if (isTypedArray(buffer) && dtypeOf(buffer) === tensor.dtype) return buffer;
  }
  return tensor.dataSync();
}

/** Whether `elementsOf` works on a tensor's backend. */
export function canReadAtOnce({ backend }: Tensor): boolean {
  return backend.readSync !== undefined;
}
