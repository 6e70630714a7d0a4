import type { Shape } from "@unrolled/backend";

/** How a loop nest over a shape moves through operands: sizes and steps of its dimensions, outermost first. */
export interface Walk {
  readonly sizes: readonly number[];
  /** For each operand, elements to step over in each dimension; 0 repeats one. */
  readonly steps: readonly (readonly number[])[];
}

/** Leaves out dimensions of size 1 and merges neighbours that every operand walks in one go. */
export function walkOver(shape: Shape, strides: readonly (readonly number[])[]): Walk {
  const sizes: number[] = [];
  const steps = strides.map((): number[] => []);
  shape.forEach((size, d) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((stride, k) => steps[k][last] === stride[d] * size)) {
      sizes[last] *= size;
      for (const [k, stride] of strides.entries()) steps[k][last] = stride[d];
    } else {
      sizes.push(size);
      for (const [k, stride] of strides.entries()) steps[k].push(stride[d]);
    }
  });
  if (sizes.length === 0) {
    sizes.push(1);
    for (const step of steps) step.push(0);
  }
  return { sizes, steps };
}
