import type { Backend } from "@unrolled/backend";
import type { Tracer } from "./tracer.js";

const tracers = new WeakMap<Backend, Tracer>();

/** Marks a backend whose buffers are graph values without elements. */
export function markTracing(tracer: Tracer): void {
  tracers.set(tracer, tracer);
}

/** Whether what runs on a backend is written into a graph instead of being computed. */
export function isTracing(backend: Backend): boolean {
  return tracers.has(backend);
}

/** The backend as the tracer that it is; null where it is none. What traces is not loaded for those who only ask. */
export function tracerOf(backend: Backend): Tracer | null {
  return tracers.get(backend) ?? null;
}
