import type { Backend } from "@unrolled/backend";

/** Extra references to device buffers that several tensors share (after detach); absent means one. */
const extra = new WeakMap<object, number>();

/** Notes that one more tensor holds this buffer. */
export function retainBuffer(backend: Backend, buffer: object): void {
  if (!backend.capabilities.hostMemory) extra.set(buffer, (extra.get(buffer) ?? 0) + 1);
}

/** Gives one tensor's hold on a buffer back, and the buffer itself with the last. */
export function releaseBuffer(backend: Backend, buffer: object): void {
  if (backend.capabilities.hostMemory) return;
  const more = extra.get(buffer) ?? 0;
  if (more > 1) extra.set(buffer, more - 1);
  else if (more === 1) extra.delete(buffer);
  else backend.free(buffer);
}
