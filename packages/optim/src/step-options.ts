import { ArgumentError } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import { clipGradNorm, clipGradValue } from "./clipping.js";

/** Options of an optimiser's `step`. */
export interface StepOptions {
  /** Scale gradients down so that their total norm is at most this, before the update; a list is one norm a group. */
  readonly clipGradNorm?: number | readonly number[];
  /** Raise, and change no parameter, if a norm to be clipped is infinite or NaN. Default false. */
  readonly errorIfNonFinite?: boolean;
  /** Limit each element of the gradients to plus and minus this, after clipping by norm. */
  readonly clipGradValue?: number;
}

/** Clips the gradients of groups of parameters as a step's options say. */
export function clipGradients(
  groups: readonly { readonly params: readonly Tensor[] }[],
  { clipGradNorm: norms, errorIfNonFinite = false, clipGradValue: limit }: StepOptions,
): void {
  const all = (): Tensor[] => groups.flatMap(({ params }) => params);
  if (typeof norms === "number") clipGradNorm(all(), norms, { errorIfNonFinite });
  else if (norms !== undefined) {
    if (norms.length !== groups.length) {
      throw new ArgumentError(
        "step",
        `clipGradNorm has ${norms.length} norms for ${groups.length} groups`,
        "give one number for all, or one a group; Infinity does not clip",
      );
    }
    for (const [i, norm] of norms.entries()) clipGradNorm(groups[i].params, norm, { errorIfNonFinite });
  } else if (errorIfNonFinite) {
    throw new ArgumentError(
      "step",
      "errorIfNonFinite without clipGradNorm",
      "set clipGradNorm, to Infinity for the check alone",
    );
  }
  if (limit !== undefined) clipGradValue(all(), limit);
}
