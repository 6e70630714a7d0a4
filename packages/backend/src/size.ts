import { GraphError } from "./errors.js";

/** One term of a size: a coefficient times named sizes, of which one may come twice. */
export interface SizeTerm {
  readonly coefficient: number;
  /** Sorted by name; empty for the constant term. */
  readonly factors: readonly string[];
}

/** A whole number, or a polynomial of named sizes such as `batch * time` or `time - 1`. */
export type Size = number | { readonly terms: readonly SizeTerm[] };

/**
 * The size for given numbers.
 *
 * @throws GraphError for a name without a number
 * @example
 * evaluateSize({ terms: [{ coefficient: 2, factors: ["time"] }, { coefficient: 1, factors: [] }] }, { time: 5 }); // 11
 */
export function evaluateSize(size: Size, sizes: Readonly<Record<string, number>>): number {
  if (typeof size === "number") return size;
  let sum = 0;
  for (const { coefficient, factors } of size.terms) {
    let product = coefficient;
    for (const name of factors) {
      const factor = sizes[name];
      if (factor === undefined)
        throw new GraphError("evaluateSize", `there is no number for "${name}"`, "give one for each named size");
      product *= factor;
    }
    sum += product;
  }
  return sum;
}

/** Whether two sizes are the same polynomial. */
export function sameSize(a: Size, b: Size): boolean {
  return formatSize(a) === formatSize(b);
}

/** `2 * batch * time - 1`, in an order that depends on the polynomial alone. */
export function formatSize(size: Size): string {
  if (typeof size === "number") return String(size);
  const terms = size.terms
    .filter(({ coefficient }) => coefficient !== 0)
    .map(({ coefficient, factors }) => ({ coefficient, text: factors.join(" * ") }))
    .sort((a, b) => (a.text === "" ? 1 : b.text === "" ? -1 : a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  if (terms.length === 0) return "0";
  return terms
    .map(({ coefficient, text }, i) => {
      const sign = coefficient < 0 ? (i === 0 ? "-" : " - ") : i === 0 ? "" : " + ";
      const amount = Math.abs(coefficient);
      const scaled = amount === 1 && text !== "" ? text : text === "" ? String(amount) : `${amount} * ${text}`;
      return sign + scaled;
    })
    .join("");
}

/** The name, where a size is one name and nothing else; else null. */
export function nameOfSize(size: Size): string | null {
  if (typeof size === "number" || size.terms.length !== 1) return null;
  const [{ coefficient, factors }] = size.terms;
  return coefficient === 1 && factors.length === 1 ? factors[0] : null;
}
