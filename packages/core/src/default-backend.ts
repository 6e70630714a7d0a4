import { type Backend, BackendError } from "@unrolled/backend";
import { refusePromise, requireFunction } from "./engine.js";
import { requireBackend } from "./require-backend.js";

let current: Backend | null = null;

/**
 * Makes `backend` the one on which tensors are created when no other is named.
 *
 * @throws BackendError for what is no backend, such as the promise of one, and for one that lacks a primitive's kernel
 * @example
 * setDefaultBackend(await tfjs("wasm"));
 */
export function setDefaultBackend(backend: Backend): void {
  current = requireBackend("setDefaultBackend", backend);
}

/**
 * The backend on which new tensors are made.
 *
 * @throws BackendError if none was set
 */
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
 * @throws ArgumentError if `fn` is asynchronous, or no function; BackendError for what is no backend
 * @example
 * const x = withBackend(cpu(), () => zeros([2]));
 */
export function withBackend<R>(backend: Backend, fn: () => R): R {
  requireFunction("withBackend", fn);
  const before = current;
  current = requireBackend("withBackend", backend);
  try {
    return refusePromise("withBackend", fn());
  } finally {
    current = before;
  }
}

/**
 * The backend of an option: the one given, or the default one.
 *
 * @throws BackendError for what is no backend
 */
export function backendFor(op: string, given: Backend | undefined): Backend {
  return given === undefined ? getDefaultBackend() : requireBackend(op, given);
}
