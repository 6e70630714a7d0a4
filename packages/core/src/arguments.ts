// What the contract's own checks take for granted: that arguments are of their types, which plain JavaScript does not see to.
import {
  ArgumentError,
  checkShape,
  type DType,
  DTypeError,
  dtypes,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  ShapeError,
} from "@unrolled/backend";
import { describeValue } from "./describe-value.js";

/** Raises for what is no tensor, which only plain JavaScript can pass. */
export function refuseNoTensor(op: string, value: unknown): never {
  throw new ArgumentError(
    op,
    `an operand is no tensor but ${describeValue(value)}`,
    "give tensors (of a layer's [y, state] the first), or a number where one is allowed",
  );
}

/** Refuses what is no tensor where its shape is read before an op runs. */
export function requireOperand(op: string, value: { readonly shape: Shape }): void {
  if (!Array.isArray((value as Partial<typeof value> | null | undefined)?.shape)) refuseNoTensor(op, value);
}

/**
 * Refuses what is no list of tensors.
 *
 * @throws ArgumentError
 */
export function requireOperands(op: string, what: string, list: readonly { readonly shape: Shape }[]): void {
  if (!Array.isArray(list))
    throw new ArgumentError(op, `${what} are ${describeValue(list)}`, "give a list in brackets: [a, b]");
  for (const value of list) requireOperand(op, value);
}

/** The axis or axes that a foreign form such as `{ dim: 1 }` means, as code. */
function axisMeant(given: unknown): string {
  const { axis, axes = axis, dim = axes, dims = dim } = Object(given) as Readonly<Record<string, unknown>>;
  return typeof dims === "number" || Array.isArray(dims) ? describeValue(dims) : "1";
}

/**
 * `normalizeAxis` for an argument.
 *
 * @throws ShapeError also for what is no number
 */
export function axisOf(op: string, axis: number, rank: number): number {
  if (typeof axis === "number") return normalizeAxis(op, axis, rank);
  throw new ShapeError(op, `the axis is ${describeValue(axis)}`, `give the number alone: ${axisMeant(axis)}`);
}

/**
 * `normalizeAxes` for the first argument of an op.
 *
 * @throws ShapeError also for what is neither a number nor a list of numbers
 */
export function axesOf(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  const areNumbers = Array.isArray(axes) ? axes.every((axis) => typeof axis === "number") : typeof axes === "number";
  if (axes === undefined || areNumbers) return normalizeAxes(op, axes, rank);
  throw new ShapeError(
    op,
    `the axes are ${describeValue(axes)}`,
    `give them without a name, options after them: ${op}(${axisMeant(axes)})`,
  );
}

/**
 * Refuses what is no list of numbers, such as sizes given one by one.
 *
 * @throws ShapeError
 */
export function requireNumbers(op: string, what: string, list: readonly number[]): void {
  if (Array.isArray(list) && list.every((item) => typeof item === "number")) return;
  throw new ShapeError(op, `${what} is ${describeValue(list)}`, "give a list in brackets, such as [2, 3]");
}

/**
 * `checkShape` for an argument.
 *
 * @throws ShapeError
 */
export function requireShape(op: string, shape: Shape): void {
  requireNumbers(op, "shape", shape);
  checkShape(op, shape);
}

/**
 * Refuses a dtype that does not exist, in the name of the function that got it.
 *
 * @throws DTypeError
 */
export function requireDType(op: string, dtype: DType): void {
  if (dtypes.includes(dtype)) return;
  const known = `the dtypes are ${dtypes.join(", ")}`;
  const remedy = /^(u?int|long)/.test(String(dtype)) ? `use int32 for whole numbers: ${known}` : known;
  throw new DTypeError(op, `there is no dtype ${describeValue(dtype)}`, remedy);
}
