import { type Backend, BackendError } from "@unrolled/backend";
import { refusePromise } from "./engine.js";

let current: Backend | null = null;

/** Makes `backend` the one on which tensors are created when no other is named. */
export function setDefaultBackend(backend: Backend): void {
  current = backend;
}

/** @throws BackendError if none was set */
export function getDefaultBackend(): Backend {
  if (current === null) {
    throw new BackendError(
      "getDefaultBackend",
      "no backend is set",
      'add: import { setDefaultBackend } from "@unrolled/core"; import { cpu } from "@unrolled/backend-cpu"; setDefaultBackend(cpu()) - or import from "unrolled"',
    );
  }
  return current;
}

/**
 * Runs a synchronous function with another default backend.
 *
 * @throws ArgumentError if `fn` is asynchronous
 */
export function withBackend<R>(backend: Backend, fn: () => R): R {
  const before = current;
  current = backend;
  try {
    return refusePromise("withBackend", fn());
  } finally {
    current = before;
  }
}
