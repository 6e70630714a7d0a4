import type { Backend } from "@unrolled/backend";

const tracingBackends = new WeakSet<Backend>();

/** Marks a backend whose buffers are graph values without elements. */
export function markTracing(backend: Backend): void {
  tracingBackends.add(backend);
}

export function isTracing(backend: Backend): boolean {
  return tracingBackends.has(backend);
}
