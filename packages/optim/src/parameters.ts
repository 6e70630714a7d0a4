import { ArgumentError, type Backend, DTypeError, GraphError } from "@unrolled/backend";
import { isTracing, type Tensor } from "@unrolled/core";

/** Raises unless all are distinct leaves of floats. */
export function requireParameters(name: string, parameters: readonly Tensor[]): void {
  if (parameters.length === 0) throw new ArgumentError(name, "got no parameters", "pass model.parameters()");
  if (new Set(parameters).size < parameters.length)
    throw new ArgumentError(name, "a parameter is listed twice", "list each once");
  for (const { node, dtype } of parameters) {
    if (node !== null) {
      throw new GraphError(
        name,
        "a parameter was computed from other tensors",
        "optimise leaves: detach() it and set requiresGrad",
      );
    }
    if (dtype !== "float32" && dtype !== "float64")
      throw new DTypeError(name, `a parameter is ${dtype}`, "use float32 or float64");
  }
}

/** Whether the parameters that have gradients are being traced: all of them, or none. */
export function areTraced(name: string, groups: readonly { readonly params: readonly Tensor[] }[]): boolean {
  let traced = 0;
  let others = 0;
  let last: Backend | null = null;
  let isTraced = false;
  for (const { params } of groups) {
    for (const { grad, backend } of params) {
      if (grad === null) continue;
      if (backend !== last) isTraced = isTracing(backend);
      last = backend;
      if (isTraced) traced++;
      else others++;
    }
  }
  if (traced > 0 && others > 0) {
    throw new GraphError(
      name,
      `${others} of ${traced + others} parameters with gradients are no part of the traced step`,
      "list all of the model under state",
    );
  }
  return traced > 0;
}
