import { evaluateSize, type Size, type SizeTerm } from "@unrolled/backend";

/** The sizes that one trace was made with. */
export type Sizes = Readonly<Record<string, number>>;

/**
 * The polynomial of named sizes that gives `numbers[i]` for `traces[i]`: a name or a product of two, or a sum of two such terms, with
 * whole coefficients and a constant. Null if there is none.
 */
export function fitSize(numbers: readonly number[], traces: readonly Sizes[]): Size | null {
  if (numbers.every((n) => Object.is(n, numbers[0]))) return numbers[0];
  if (!numbers.every(Number.isSafeInteger)) return null;
  const candidates = monomials(Object.keys(traces[0]));
  for (const factors of candidates) {
    const fitted = verified(oneTerm(factors, numbers, traces), numbers, traces);
    if (fitted) return fitted;
  }
  for (const [i, first] of candidates.entries()) {
    for (const second of candidates.slice(i + 1)) {
      const fitted = verified(twoTerms(first, second, numbers, traces), numbers, traces);
      if (fitted) return fitted;
    }
  }
  return null;
}

/** Every name, every product of two, and the product of three. */
function monomials(names: readonly string[]): (readonly string[])[] {
  const sorted = [...names].sort();
  const pairs = sorted.flatMap((a, i) => sorted.slice(i).map((b) => [a, b]));
  const triples = sorted.flatMap((a, i) =>
    sorted.slice(i + 1).flatMap((b, k) => sorted.slice(i + k + 2).map((c) => [a, b, c])),
  );
  return [...sorted.map((name) => [name]), ...pairs, ...triples];
}

const product = (factors: readonly string[], sizes: Sizes): number =>
  factors.reduce((value, name) => value * sizes[name], 1);

function oneTerm(factors: readonly string[], [n0, n1]: readonly number[], traces: readonly Sizes[]): SizeTerm[] {
  const [m0, m1] = traces.map((sizes) => product(factors, sizes));
  const coefficient = (n1 - n0) / (m1 - m0);
  return [
    { coefficient, factors },
    { coefficient: n0 - coefficient * m0, factors: [] },
  ];
}

/** Solves n = a p + b q + c for three traces. */
function twoTerms(
  first: readonly string[],
  second: readonly string[],
  [n0, n1, n2]: readonly number[],
  traces: readonly Sizes[],
): SizeTerm[] {
  const [p0, p1, p2] = traces.map((sizes) => product(first, sizes));
  const [q0, q1, q2] = traces.map((sizes) => product(second, sizes));
  const determinant = (p1 - p0) * (q2 - q0) - (p2 - p0) * (q1 - q0);
  const a = ((n1 - n0) * (q2 - q0) - (n2 - n0) * (q1 - q0)) / determinant;
  const b = ((p1 - p0) * (n2 - n0) - (p2 - p0) * (n1 - n0)) / determinant;
  return [
    { coefficient: a, factors: first },
    { coefficient: b, factors: second },
    { coefficient: n0 - a * p0 - b * q0, factors: [] },
  ];
}

function verified(terms: readonly SizeTerm[], numbers: readonly number[], traces: readonly Sizes[]): Size | null {
  if (!terms.every(({ coefficient }) => Number.isSafeInteger(coefficient))) return null;
  const size: Size = { terms: terms.filter(({ coefficient }) => coefficient !== 0) };
  return numbers.every((n, i) => evaluateSize(size, traces[i]) === n) ? size : null;
}
