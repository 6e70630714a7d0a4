import { type Backend, BackendError } from "@unrolled/backend";
import { describeValue } from "./describe-value.js";
import { primitiveOps } from "./primitives.js";

const complete = new WeakSet<Backend>();

/**
 * A backend as it was given, where one goes.
 *
 * @throws BackendError for what is none, such as the promise of one or the function that makes one, and for one that lacks the
 * kernel of a primitive
 */
export function requireBackend(op: string, value: Backend): Backend {
  if (complete.has(value)) return value;
  if (!isBackend(value))
    throw new BackendError(op, `got ${described(value)} where a backend goes`, remedyFor(op, value));
  const kernels = value.kernels as unknown as Readonly<Record<string, unknown>>;
  const missing = primitiveOps.filter((name) => typeof kernels[name] !== "function");
  if (missing.length > 0) {
    const problem = `the backend ${value.name} has no kernel for ${missing.join(", ")}`;
    throw new BackendError(op, problem, "give it every primitive's, such as { ...cpu().kernels, ...yours }");
  }
  complete.add(value);
  return value;
}

const parts = { kernels: "object", capabilities: "object", upload: "function", read: "function", free: "function" };

function missingParts(value: object): string[] {
  const given = value as Readonly<Record<string, unknown>>;
  return Object.entries(parts).flatMap(([name, type]) => (given[name] && typeof given[name] === type ? [] : [name]));
}

function isBackend(value: unknown): value is Backend {
  return typeof value === "object" && value !== null && missingParts(value).length === 0;
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function described(value: unknown): string {
  const isObject = typeof value === "object" && value !== null && !isPromise(value) && !Array.isArray(value);
  return isObject ? `an object without ${missingParts(value).join(", ")}` : describeValue(value);
}

function remedyFor(op: string, value: unknown): string {
  const use = (backend: string): string =>
    ["setDefaultBackend", "to", "moveTo_"].includes(op) ? `${op}(${backend})` : `{ backend: ${backend} }`;
  if (isPromise(value)) return `await it: ${use("await tfjs(...)")}`;
  if (typeof value === "function") return `call it: ${value.name || "cpu"}()`;
  return `give what cpu() or await tfjs("wasm") returns: ${use("cpu()")}`;
}
