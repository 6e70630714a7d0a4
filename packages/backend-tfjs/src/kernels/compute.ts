import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Call, In, PrimitiveOp } from "@unrolled/backend";
import type { Device } from "../device.js";

/**
 * How one primitive is computed. The result's shape need not be right, as long as its elements are in order: the backend puts
 * the shape of the op table on it. Never called for an output without elements.
 */
export type Compute<K extends PrimitiveOp> = (device: Device, inputs: In<K, TensorInfo>, call: Call<K>) => TensorInfo;

export type Computes<K extends PrimitiveOp> = { readonly [P in K]: Compute<P> };
