import { ArgumentError, type DType, DTypeError, formatShape, type Shape, ShapeError, sizeOf } from "@unrolled/backend";
import {
  type FileDType,
  fileArrays,
  hostDType,
  isNumberArray,
  type NumberArray,
  narrowArrays,
  wideArrays,
} from "./file-dtype.js";
import { toHalfBits } from "./half.js";
import type { TensorSpec } from "./model-file.js";

/** Elements with their shape; every `HostTensor` is one. */
export interface ShapedArray {
  readonly data: NumberArray;
  readonly shape: Shape;
  /** Checked against the input where it is given. */
  readonly dtype?: DType;
}

/** A number, or lists of lists of numbers of one length each. */
export type NestedNumbers = number | bigint | boolean | readonly NestedNumbers[];

/**
 * What an input takes: a `HostTensor` or `{ data, shape }`; a typed array alone, where its shape follows from the declared
 * one and from the other inputs; or numbers in nested lists.
 */
export type InputValue = ShapedArray | NumberArray | NestedNumbers;

/** What an input holds before its shape is known. */
export interface Elements {
  readonly data: NumberArray;
  readonly shape: Shape | null;
}

/** Converts what was given for an input to the element type of the file; its own array where that is the same. */
export function elementsOf(op: string, where: string, spec: TensorSpec, given: InputValue): Elements {
  if (isNumberArray(given)) return { data: convert(op, where, spec.dtype, given), shape: null };
  if (isShaped(given)) return shaped(op, where, spec, given);
  if (Array.isArray(given) || ["number", "bigint", "boolean"].includes(typeof given)) {
    return nested(op, where, spec.dtype, given as NestedNumbers);
  }
  throw new ArgumentError(
    op,
    `${where} is ${given === null ? "null" : typeof given}`,
    "give { data, shape }, a typed array, or numbers in nested lists",
  );
}

export function isShaped(given: unknown): given is ShapedArray {
  return (
    typeof given === "object" && given !== null && "data" in given && isNumberArray(given.data) && "shape" in given
  );
}

function shaped(
  op: string,
  where: string,
  { dtype }: TensorSpec,
  { data, shape, dtype: claimed }: ShapedArray,
): Elements {
  if (!Array.isArray(shape))
    throw new ShapeError(op, `${where} has no list as its shape`, "give { data, shape: [2, 3] }");
  if (claimed !== undefined && claimed !== hostDType(dtype)) {
    throw new DTypeError(op, `${where} must be ${described(dtype)}, got ${claimed}`, `give ${hostDType(dtype)}`);
  }
  if (data.length !== sizeOf(shape)) {
    const problem = `${where} ${formatShape(shape)} holds ${data.length} elements`;
    throw new ShapeError(op, problem, `give ${sizeOf(shape)}`);
  }
  return { data: convert(op, where, dtype, data), shape };
}

function described(dtype: FileDType): string {
  return hostDType(dtype) === dtype ? dtype : `${dtype} (given as ${hostDType(dtype)})`;
}

function convert(op: string, where: string, dtype: FileDType, data: NumberArray): NumberArray {
  if (dtype === "float16" && data instanceof Float32Array) return Uint16Array.from(data, toHalfBits);
  if (dtype !== "float16" && data instanceof fileArrays[dtype]) return data;
  const floats = data instanceof Float32Array || data instanceof Float64Array;
  if (floats || !isWhole(dtype)) {
    const right = isWhole(dtype)
      ? "an Int32Array"
      : `a ${dtype === "float16" ? "Float32Array" : fileArrays[dtype].name}`;
    throw new DTypeError(op, `${where} must be ${described(dtype)}, got a ${data.constructor.name}`, `give ${right}`);
  }
  return wholeNumbers(op, where, dtype, data.length, (i) => data[i]);
}

const ranges = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2n ** 64n - 1n],
} as const;

type WholeDType = keyof typeof ranges;

function isWhole(dtype: FileDType): dtype is WholeDType {
  return dtype in ranges;
}

function wholeNumbers(
  op: string,
  where: string,
  dtype: WholeDType,
  length: number,
  at: (i: number) => number | bigint,
): NumberArray {
  const [lowest, highest] = ranges[dtype];
  const checked = (i: number): number | bigint => {
    const value = at(i);
    const whole = typeof value === "bigint" || Number.isInteger(value);
    if (!whole || value < lowest || value > highest) {
      throw new DTypeError(
        op,
        `${where} is ${dtype}, but holds ${value}`,
        `give whole numbers from ${lowest} to ${highest}`,
      );
    }
    return value;
  };
  if (dtype === "int64" || dtype === "uint64") {
    const wide = new wideArrays[dtype](length);
    for (let i = 0; i < length; i++) wide[i] = BigInt(checked(i));
    return wide;
  }
  const narrow = new narrowArrays[dtype](length);
  for (let i = 0; i < length; i++) narrow[i] = Number(checked(i));
  return narrow;
}

function nested(op: string, where: string, dtype: FileDType, lists: NestedNumbers): Elements {
  const shape: number[] = [];
  for (let inner = lists; Array.isArray(inner); inner = inner[0]) {
    shape.push(inner.length);
    if (inner.length === 0) break;
  }
  const flat: (number | bigint)[] = [];
  const flatten = (value: NestedNumbers, depth: number): void => {
    if (Array.isArray(value)) {
      if (depth >= shape.length || value.length !== shape[depth]) throw ragged(op, where, depth);
      for (const inner of value) flatten(inner, depth + 1);
    } else if (depth !== shape.length) throw ragged(op, where, depth);
    else flat.push(element(op, where, dtype, value));
  };
  flatten(lists, 0);
  if (isWhole(dtype)) return { data: wholeNumbers(op, where, dtype, flat.length, (i) => flat[i]), shape };
  const numbers = flat.map(Number);
  if (dtype === "float16") return { data: Uint16Array.from(numbers, toHalfBits), shape };
  const data = new narrowArrays[dtype](numbers.length);
  data.set(numbers);
  return { data, shape };
}

function ragged(op: string, where: string, depth: number): ShapeError {
  return new ShapeError(
    op,
    `the lists of ${where} differ in length at depth ${depth}`,
    "give lists of one length each",
  );
}

function element(op: string, where: string, dtype: FileDType, value: unknown): number | bigint {
  if (dtype === "bool") {
    if (value === true || value === 1) return 1;
    if (value === false || value === 0) return 0;
  } else if (typeof value === "number" || typeof value === "bigint") return value;
  throw new DTypeError(
    op,
    `${where} is ${dtype}, but holds ${typeof value} ${String(value)}`,
    dtype === "bool" ? "give true and false, or 1 and 0" : "give numbers",
  );
}
