import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Call, In, Out, UpdateOp } from "@unrolled/backend";
import type { Device } from "../device.js";

/** How an optimiser's update is computed in an engine. */
export type UpdateCompute<K extends UpdateOp> = (
  device: Device,
  inputs: In<K, TensorInfo>,
  call: Call<K>,
) => Out<K, TensorInfo>;

export type UpdateComputes = { readonly [K in UpdateOp]?: UpdateCompute<K> };
