import type { Call, Each, FusedKernel, FusedOp, Ops, TypedArray } from "@unrolled/backend";

/** A gradient for each input, `null` where none is wanted. */
export type GradientsOf<K extends FusedOp> = Each<Ops[K]["in"], TypedArray | null>;

type Passes<K extends FusedOp, R> = Pick<FusedKernel<K, TypedArray, R>, "forward" | "backward">;

/**
 * A fused kernel for all float dtypes, whose reserves are left to the garbage collector.
 */
export function fusedKernel<K extends FusedOp, R>(kernel: Passes<K, R>): FusedKernel<K, TypedArray, R> {
  return {
    ...kernel,
    accepts: (call: Call<K>): boolean => {
      const x = call.out[0];
      return x !== null && (x.dtype === "float32" || x.dtype === "float64");
    },
    release(): void {
      // Nothing to give back.
    },
  };
}
