import { DTypeError, GraphError, isFloat } from "@unrolled/backend";
import { defaultGenerator, type Generator, isTracing, noGrad, scope, type Tensor, tensor } from "@unrolled/core";

/** Options of the random initialisers. */
export interface InitOptions {
  /** The stream to draw from; the default generator when left out. */
  readonly generator?: Generator;
}

/** Gives a tensor the elements of another one, off the tape, and frees what was made on the way. */
export function fill<T extends Tensor>(target: T, make: () => Tensor): T {
  scope((): void => {
    noGrad(() => target.assign_(make()));
  });
  return target;
}

/** Gives a tensor random numbers that are worked out on the host in float64, in row-major order. */
export function fillFromHost<T extends Tensor>(
  op: string,
  target: T,
  options: InitOptions,
  draw: (generator: Generator, size: number) => Float64Array,
): T {
  const { shape, dtype, backend } = target;
  if (!isFloat(dtype)) throw new DTypeError(op, `${dtype} holds no fractions`, "use float32 or float64");
  if (isTracing(backend)) {
    throw new GraphError(
      op,
      "random numbers drawn while tracing would be the same on every run",
      "initialise outside the traced function",
    );
  }
  return fill(target, () =>
    tensor(draw(options.generator ?? defaultGenerator(), target.size), { shape, dtype, backend }),
  );
}
