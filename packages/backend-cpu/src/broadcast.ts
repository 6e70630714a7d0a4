import type { Shape } from "@unrolled/backend";

/**
 * How to walk operands that broadcast to one shape. Dimensions are listed from the innermost outwards, those of size 1 are
 * left out, and neighbours that every operand walks in one go are merged. A step of 0 repeats an element.
 */
export interface Walk {
  rank: number;
  readonly sizes: number[];
  readonly a: number[];
  readonly b: number[];
  readonly c: number[];
  /** Zeros; the position in each dimension, left at zero by whoever finishes the walk. */
  readonly index: number[];
}

const walk: Walk = { rank: 0, sizes: [], a: [], b: [], c: [], index: [] };
const SCALAR: Shape = [];

/** Plans a walk over `out` (which has no size of 0). The result is shared: it holds until the next call. */
export function planWalk(out: Shape, a: Shape, b: Shape, c: Shape = SCALAR): Walk {
  const { sizes, a: stepsA, b: stepsB, c: stepsC, index } = walk;
  let rank = 0;
  let strideA = 1;
  let strideB = 1;
  let strideC = 1;
  for (let i = 1; i <= out.length; i++) {
    const size = out[out.length - i];
    if (size === 1) continue;
    let stepA = 0;
    let stepB = 0;
    let stepC = 0;
    if (i <= a.length && a[a.length - i] !== 1) {
      stepA = strideA;
      strideA *= size;
    }
    if (i <= b.length && b[b.length - i] !== 1) {
      stepB = strideB;
      strideB *= size;
    }
    if (i <= c.length && c[c.length - i] !== 1) {
      stepC = strideC;
      strideC *= size;
    }
    if (rank > 0) {
      const inner = sizes[rank - 1];
      const merges =
        stepA === stepsA[rank - 1] * inner && stepB === stepsB[rank - 1] * inner && stepC === stepsC[rank - 1] * inner;
      if (merges) {
        sizes[rank - 1] = inner * size;
        continue;
      }
    }
    sizes[rank] = size;
    stepsA[rank] = stepA;
    stepsB[rank] = stepB;
    stepsC[rank] = stepC;
    index[rank] = 0;
    rank++;
  }
  if (rank === 0) {
    sizes[0] = 1;
    stepsA[0] = stepsB[0] = stepsC[0] = 0;
    index[0] = 0;
    rank = 1;
  }
  walk.rank = rank;
  return walk;
}
