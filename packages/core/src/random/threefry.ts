/**
 * Threefry-2x32 with 20 rounds: a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
 * Writes the two 32-bit words for a 64-bit key and a 64-bit counter into `out`.
 */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  for (let block = 0; block < 5; block++) {
    const even = (block & 1) === 0;
    for (let round = 0; round < 4; round++) {
      const r = even ? evenRotations[round] : oddRotations[round];
      x = (x + y) | 0;
      y = (y << r) | (y >>> (32 - r));
      y ^= x;
    }
    const j = block + 1;
    x = (x + (j % 3 === 0 ? k0 : j % 3 === 1 ? k1 : k2)) | 0;
    y = (y + ((j + 1) % 3 === 0 ? k0 : (j + 1) % 3 === 1 ? k1 : k2) + j) | 0;
  }
  out[0] = x;
  out[1] = y;
}

const evenRotations = [13, 15, 26, 6];
const oddRotations = [17, 29, 16, 24];
