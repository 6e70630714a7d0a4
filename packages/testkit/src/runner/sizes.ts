import type { Size } from "@unrolled/backend";

/** A named size. */
export function named(name: string): Size {
  return { terms: [{ coefficient: 1, factors: [name] }] };
}

/** The product of two named sizes. */
export function product(a: string, b: string): Size {
  return { terms: [{ coefficient: 1, factors: [a, b].sort() }] };
}

/** `coefficient * name + constant` */
export function linearSize(coefficient: number, name: string, constant: number): Size {
  return {
    terms: [
      { coefficient, factors: [name] },
      { coefficient: constant, factors: [] },
    ],
  };
}
