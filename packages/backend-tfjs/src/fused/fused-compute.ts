import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Call, Each, FusedOp, In, Lift, Ops, Out, Wanted } from "@unrolled/backend";
import type { Device } from "../device.js";

/**
 * How a whole fused op is computed in an engine. Results and reserve are kept by whoever calls; everything else that was made
 * meanwhile is released.
 */
export interface FusedCompute<K extends FusedOp> {
  /** Default: every call in float32. */
  accepts?(call: Call<K>): boolean;
  /** `reserve` is what `backward` needs besides inputs and outputs; empty unless `save`. */
  forward(
    device: Device,
    inputs: In<K, TensorInfo>,
    call: Call<K>,
    save: boolean,
  ): { readonly out: Out<K, TensorInfo>; readonly reserve: readonly TensorInfo[] };
  backward(
    device: Device,
    cotangents: Lift<Ops[K]["out"], TensorInfo | null>,
    inputs: In<K, TensorInfo>,
    outputs: Out<K, TensorInfo>,
    reserve: readonly TensorInfo[],
    call: Call<K>,
    wanted: Wanted<K>,
  ): Each<Ops[K]["in"], TensorInfo | null>;
}

export type FusedComputes = { readonly [K in FusedOp]?: FusedCompute<K> };
