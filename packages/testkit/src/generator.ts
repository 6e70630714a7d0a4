/** A small seeded source of test inputs. The same text gives the same numbers on every machine. */
export interface Generator {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** A whole number in [low, high]. */
  integer(low: number, high: number): number;
}

/** A generator whose stream depends on `seed` alone, usually the name of a case, so that adding a case changes no other. */
export function generator(seed: string): Generator {
  let state = 0x9e3779b9;
  for (let i = 0; i < seed.length; i++) state = scramble(state ^ seed.charCodeAt(i));
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    return (scramble(state) >>> 0) / 2 ** 32;
  };
  return {
    uniform: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor((high - low + 1) * next()),
  };
}

function scramble(x: number): number {
  let y = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  y = Math.imul(y ^ (y >>> 15), 0x846ca68b);
  return y ^ (y >>> 16);
}
