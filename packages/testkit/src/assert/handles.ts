import type { Handles } from "../erased.js";
import type { Place } from "./compare.js";
import { ConformanceError } from "./conformance-error.js";
import { described } from "./described.js";

function isBuffer(value: unknown): boolean {
  return typeof value === "object" && value !== null && described(value) !== "a Promise";
}

/** Raises unless a kernel returned an array of buffers and nulls. */
export function checkHandles(place: Place, what: string, given: unknown): Handles {
  if (!Array.isArray(given)) {
    const problem = `${what} returned ${described(given)}, not an array of buffers`;
    throw new ConformanceError({ ...place, check: "contract", problem, actual: given });
  }
  const wrong = given.findIndex((value) => value !== null && !isBuffer(value));
  if (wrong < 0) return given;
  const problem = `${what} returned an array whose item ${wrong} is ${described(given[wrong])}, not a buffer`;
  throw new ConformanceError({ ...place, check: "contract", problem, actual: given });
}

/** Raises unless a fused op's forward pass returned its outputs, and whatever it saved. */
export function checkForward(place: Place, given: unknown): { readonly out: Handles; readonly reserve?: unknown } {
  if (!isBuffer(given) || Array.isArray(given)) {
    const problem = `forward returned ${described(given)}, not { out, reserve }`;
    throw new ConformanceError({ ...place, check: "contract", problem, actual: given });
  }
  const { out, reserve } = given as { readonly out: unknown; readonly reserve?: unknown };
  return { out: checkHandles(place, "forward", out), reserve };
}
