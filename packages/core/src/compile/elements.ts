import { type Backend, type DType, dtypeOf, type HostTensor, sizeOf, type TypedArray } from "@unrolled/backend";
import { bufferOf } from "../engine.js";
import { Tensor } from "../tensor.js";

/** Whether a buffer is the typed array of a dtype. */
function holds(buffer: object, dtype: DType): buffer is TypedArray {
  if (buffer instanceof Float32Array) return dtype === "float32";
  return ArrayBuffer.isView(buffer) && !(buffer instanceof DataView) && dtypeOf(buffer as TypedArray) === dtype;
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
    if (holds(buffer, tensor.dtype)) return buffer;
  }
  return tensor.dataSync();
}

const plain = new WeakMap<Backend, boolean>();

/** Whether a backend's buffers are nothing but typed arrays in the JavaScript heap, so that an array can become one. */
function isPlain(backend: Backend): boolean {
  let known = plain.get(backend);
  if (known === undefined) {
    const { hostMemory } = backend.capabilities;
    known = hostMemory && holds(backend.upload(new Float32Array(1), [1], "float32"), "float32");
    plain.set(backend, known);
  }
  return known;
}

/** A tensor of elements that nobody else has. */
export function tensorOf(backend: Backend, { data, shape, dtype }: HostTensor): Tensor {
  const fits = dtype === "float32" && holds(data, dtype) && data.length === sizeOf(shape);
  const buffer = fits && isPlain(backend) ? data : backend.upload(data, shape, dtype);
  return new Tensor(backend, buffer, shape, dtype);
}

/** Whether `elementsOf` works on a tensor's backend. */
export function canReadAtOnce({ backend }: Tensor): boolean {
  return backend.readSync !== undefined;
}
