import { ArgumentError } from "@unrolled/backend";
import { describeValue, Tensor } from "@unrolled/core";

function remedyFor(value: unknown): string {
  if (Array.isArray(value) && value.some((item) => item instanceof Tensor))
    return "a recurrent layer returns [y, state]: take the first";
  if (Array.isArray(value) || ArrayBuffer.isView(value) || typeof value === "number")
    return 'make one with tensor(...); class indices are int32: tensor([0, 1], { dtype: "int32" })';
  if (typeof value === "object" && value !== null && "padded" in value && value.padded instanceof Tensor)
    return "of a packed sequence take the tensor that padPacked gives";
  return "give a tensor";
}

/**
 * Refuses what is no tensor, in words of its argument's name.
 *
 * @throws ArgumentError
 */
export function requireTensor(op: string, name: string, value: unknown): void {
  if (value instanceof Tensor) return;
  throw new ArgumentError(op, `${name} is ${describeValue(value)}, not a tensor`, remedyFor(value));
}
