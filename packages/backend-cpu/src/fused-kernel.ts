import type { Call, FusedKernel, FusedOp, In, Lift, Ops, Out, TypedArray } from "@unrolled/backend";

type Each<M extends readonly unknown[], T> = { readonly [I in keyof M]: T };

/** Which inputs need a gradient, as a tuple. */
export type WantedOf<K extends FusedOp> = Each<Ops[K]["in"], boolean>;
/** A gradient for each input, `null` where none is wanted. */
export type GradientsOf<K extends FusedOp> = Each<Ops[K]["in"], TypedArray | null>;

interface TupleKernel<K extends FusedOp, R> {
  forward(
    inputs: In<K, TypedArray>,
    call: Call<K>,
    save: boolean,
  ): { readonly out: Out<K, TypedArray>; readonly reserve?: R };
  backward(
    cotangents: Lift<Ops[K]["out"], TypedArray | null>,
    inputs: In<K, TypedArray>,
    outputs: Out<K, TypedArray>,
    reserve: R,
    call: Call<K>,
    wanted: WantedOf<K>,
  ): GradientsOf<K>;
}

/**
 * A fused kernel for all float dtypes, whose reserves are left to the garbage collector. The cast bridges the contract's type of
 * the gradients, which maps the tuple's methods along with its elements.
 */
export function fusedKernel<K extends FusedOp, R>(kernel: TupleKernel<K, R>): FusedKernel<K, TypedArray, R> {
  const whole = {
    ...kernel,
    accepts: (call: Call<K>): boolean => {
      const x = call.out[0];
      return x !== null && (x.dtype === "float32" || x.dtype === "float64");
    },
    release(): void {
      // Nothing to give back.
    },
  };
  return whole as unknown as FusedKernel<K, TypedArray, R>;
}
