import { ArgumentError, checkShape, type DType, type Meta, requireKnownOptions, type Shape } from "@unrolled/backend";
import { describeValue } from "../../describe-value.js";
import { Tensor } from "../../tensor.js";
import type { Sizes } from "./fit-size.js";

/** A shape whose sizes may have names, such as `["batch", "time", 1]`: those may differ from run to run. */
export type NamedShape = readonly (number | string)[];

/** What a traced function takes: an example tensor, a shape (float32), or a shape and dtype. */
export type InputSpec = Tensor | NamedShape | { readonly shape: NamedShape; readonly dtype?: DType };

interface NamedMeta {
  readonly shape: NamedShape;
  readonly dtype: DType;
}

export type NamedMetas = Readonly<Record<string, NamedMeta>>;

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Shapes and dtypes out of what a caller may give. */
export function namedMetas(op: string, inputs: Readonly<Record<string, InputSpec>>): NamedMetas {
  return Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, namedMeta(op, name, spec)]));
}

function namedMeta(op: string, name: string, spec: InputSpec): NamedMeta {
  if (spec instanceof Tensor) return { shape: spec.shape, dtype: spec.dtype };
  const given = isShape(spec) ? { shape: spec } : spec;
  requireKnownOptions(op, given, ["shape", "dtype"]);
  const { shape, dtype = "float32" } = given;
  if (!Array.isArray(shape))
    throw new ArgumentError(op, `input ${name} has no shape`, 'give a tensor, or a shape such as ["batch", "time", 1]');
  for (const size of shape as NamedShape) {
    if (typeof size === "number") continue;
    if (typeof size !== "string")
      throw new ArgumentError(
        op,
        `input ${name} has a size of ${describeValue(size)}`,
        'give whole numbers, and names such as "batch" to sizes that vary',
      );
    if (namePattern.test(size)) continue;
    throw new ArgumentError(op, `input ${name} has a size named "${size}"`, "use letters, digits and _");
  }
  checkShape(
    op,
    (shape as NamedShape).map((size) => (typeof size === "string" ? 1 : size)),
  );
  return { shape, dtype };
}

const isShape = (spec: InputSpec): spec is NamedShape => Array.isArray(spec);

/** The names in shapes, in order of appearance. */
export function namesIn(metas: NamedMetas): string[] {
  const names = Object.values(metas).flatMap(({ shape }) => shape.filter((size) => typeof size === "string"));
  return [...new Set(names)];
}

const isPrime = (n: number): boolean => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
};

/** About how large the sizes of each trace are: one as small as can be told from 1, one as large as tensors bear. */
const scales: readonly number[] = [5, 2, 11, 29, 211];

/** Sizes to trace with: primes that occur nowhere in the shapes at hand, so that no size is mistaken for another. */
export function sizesToTrace(names: readonly string[], taken: Iterable<Shape>): Sizes[] {
  const used = new Set([...taken].flat());
  const next = (from: number): number => {
    let n = from;
    while (used.has(n) || !isPrime(n)) n++;
    used.add(n);
    return n;
  };
  // Which name is the larger one changes from trace to trace, so that min and max are not mistaken for one of them.
  return scales.map((scale, trace) => {
    const sizes = names.map(() => next(scale));
    return Object.fromEntries(names.map((name, i) => [name, sizes[(i + trace) % names.length]]));
  });
}

/** Shapes with numbers in place of names. */
export function metasAt(metas: NamedMetas, sizes: Sizes): Readonly<Record<string, Meta>> {
  return Object.fromEntries(
    Object.entries(metas).map(([name, { shape, dtype }]) => [
      name,
      { shape: shape.map((size) => (typeof size === "string" ? sizes[size] : size)), dtype },
    ]),
  );
}
