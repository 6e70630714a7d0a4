/** 2 / sqrt(pi) * integral of e^(-t^2) from 0 to x, to about 1e-16. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x < 0) return -erf(-x);
  if (x > 6) return 1;
  return x < 2.5 ? erfBySeries(x) : 1 - erfcByContinuedFraction(x);
}

/** e^(-x^2) * 2 / sqrt(pi) * sum of 2^n x^(2n+1) / (1 * 3 * 5 ... (2n+1)); no term is negative. */
export function erfBySeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-18; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** e^(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / (x + ...)))), from the inside out. */
export function erfcByContinuedFraction(x: number): number {
  let tail = x;
  for (let n = 200; n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}
