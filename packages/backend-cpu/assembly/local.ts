// Working space of one thread. Globals belong to an instance, and each thread has an instance of its own.

/** A block of a transposed left operand: (96 + 8) x 256 floats. */
export let packedBlock: usize = 0;
/** One tile's results, where the matrix is narrower than the tile. */
export let edge: usize = 0;

/** Eight zeros. */
export let zeros: usize = 0;

const BLOCK_BYTES: usize = (96 + 8) * 256 * 4;
const EDGE_BYTES: usize = 8 * 16;
const ZEROS_BYTES: usize = 8 * 4;

export function threadLocalBytes(): usize {
  return BLOCK_BYTES + EDGE_BYTES + ZEROS_BYTES;
}

export function useThreadLocal(at: usize): void {
  packedBlock = at;
  edge = at + BLOCK_BYTES;
  zeros = edge + EDGE_BYTES;
  memory.fill(zeros, 0, ZEROS_BYTES);
}
