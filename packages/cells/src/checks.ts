import { ArgumentError, BackendError, DTypeError } from "@unrolled/backend";
import { describeValue, isTracing, Tensor } from "@unrolled/core";

function remedyFor(name: string, value: unknown): string {
  if (Array.isArray(value) && value.some((item) => typeof item === "object" && !Array.isArray(item)))
    return "take the first of what a layer returns: const [y] = layer.forward(x)";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return `make one: tensor(${name})`;
  return "give a tensor";
}

/** Raises for what is no tensor, which only plain JavaScript can pass. */
export function requireTensor(
  op: string,
  name: string,
  value: unknown,
  remedy: string = remedyFor(name, value),
): asserts value is Tensor {
  if (!(value instanceof Tensor))
    throw new ArgumentError(op, `${name} is no tensor but ${describeValue(value)}`, remedy);
}

/** Raises unless a tensor lives on the backend of another; of values in a trace the operations speak themselves. */
export function requireBackendOf(op: string, name: string, value: Tensor, otherName: string, other: Tensor): void {
  const [a, b] = [value.backend, other.backend];
  if (a === b || isTracing(a) || isTracing(b)) return;
  throw new BackendError(
    op,
    `${name} lives on the backend ${a.name}, ${otherName} on ${b.name}`,
    `move one: await ${name}.to(backend)`,
  );
}

/** Raises unless a tensor has the dtype and the backend of the weights. */
export function requireLikeWeights(op: string, name: string, value: Tensor, weight: Tensor): void {
  if (value.dtype !== weight.dtype) {
    throw new DTypeError(
      op,
      `${name} is ${value.dtype}, the weights are ${weight.dtype}`,
      `cast it: ${name}.cast("${weight.dtype}")`,
    );
  }
  requireBackendOf(op, name, value, "the weights", weight);
}

/** Raises for options that stand where the state goes. */
export function refuseOptionsAsState(op: string, state: unknown, remedy: string): void {
  if (typeof state !== "object" || state === null || Array.isArray(state) || state instanceof Tensor) return;
  if ("lengths" in state || "reverse" in state) throw new ArgumentError(op, "got options where the state goes", remedy);
}
