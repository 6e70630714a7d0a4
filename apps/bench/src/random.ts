/** Uniform numbers in [0, 1): the mulberry32 generator, which is short enough to be restated in any language. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` numbers in [-bound, bound). */
export function uniform(random: () => number, count: number, bound: number): Float32Array {
  return Float32Array.from({ length: count }, () => (2 * random() - 1) * bound);
}

/** `count` normal numbers by Box and Muller, two draws each. */
export function normal(random: () => number, count: number, std = 1): Float32Array {
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return std * radius * Math.cos(2 * Math.PI * random());
  });
}
