import { evaluateSize, type Meta, type Size, type SizedAttrs, type SizeTerm, sameSize } from "@unrolled/backend";

/** A tensor's meta with the sizes that it has in every run; `shape` is that of one example. */
export interface Sized extends Meta {
  readonly sizes: readonly Size[];
}

/** The number, where a size has no name in it; else null. */
export function fixedSize(size: Size): number | null {
  if (typeof size === "number") return size;
  const varies = size.terms.some(({ coefficient, factors }) => coefficient !== 0 && factors.length > 0);
  return varies ? null : evaluateSize(size, {});
}

export function allFixed(sizes: readonly Size[]): boolean {
  return sizes.every((size) => fixedSize(size) !== null);
}

export function sameSizes(a: readonly Size[], b: readonly Size[]): boolean {
  return a.length === b.length && a.every((size, i) => sameSize(size, b[i]));
}

/** Whether a tensor has no elements in any run. */
export function isEmpty(sizes: readonly Size[]): boolean {
  return sizes.some((size) => fixedSize(size) === 0);
}

const termsOf = (size: Size): readonly SizeTerm[] =>
  typeof size === "number" ? [{ coefficient: size, factors: [] }] : size.terms;

/** Like terms joined, zeros left out; a number where no name is left. */
function simplified(terms: readonly SizeTerm[]): Size {
  const sums = new Map<string, SizeTerm>();
  for (const { coefficient, factors } of terms) {
    const sorted = [...factors].sort();
    const key = sorted.join("*");
    sums.set(key, { coefficient: coefficient + (sums.get(key)?.coefficient ?? 0), factors: sorted });
  }
  const size: Size = { terms: [...sums.values()].filter(({ coefficient }) => coefficient !== 0) };
  return fixedSize(size) ?? size;
}

export function difference(a: Size, b: Size): Size {
  const negative = termsOf(b).map(({ coefficient, factors }) => ({ coefficient: -coefficient, factors }));
  return simplified([...termsOf(a), ...negative]);
}

export function productOf(sizes: readonly Size[]): Size {
  return sizes.reduce<Size>(
    (product, size) =>
      simplified(
        termsOf(product).flatMap((a) =>
          termsOf(size).map((b) => ({
            coefficient: a.coefficient * b.coefficient,
            factors: [...a.factors, ...b.factors],
          })),
        ),
      ),
    1,
  );
}

/** A list attribute, with its entries that depend on names. */
export function listAttr(sized: SizedAttrs, name: string, plain: readonly number[]): readonly Size[] {
  const list = sized[name];
  return Array.isArray(list) ? (list as readonly Size[]) : plain;
}

/**
 * Reshape's second input: 0 copies a size from the same place, -1 is worked out. What is left to compute has several entries
 * that are neither.
 */
export function reshapeTarget(from: readonly Size[], to: readonly Size[]): readonly Size[] {
  const target = to.map((size, i): Size => {
    const fixed = fixedSize(size);
    if (fixed !== null) return fixed;
    return i < from.length && sameSize(size, from[i]) ? 0 : size;
  });
  const last = target.findLastIndex((size) => fixedSize(size) === null);
  return target.map((size, i) => (i === last ? -1 : size));
}
