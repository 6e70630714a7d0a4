import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend } from "@unrolled/core";

setDefaultBackend(cpu());

export {
  ArgumentError,
  type Backend,
  BackendError,
  type DType,
  DTypeError,
  FormatError,
  type Graph,
  GraphError,
  type HostTensor,
  type Program,
  type Runner,
  type Shape,
  ShapeError,
  type TypedArray,
  UnrolledError,
} from "@unrolled/backend";
export { type CpuFeatures, type CpuOptions, cpu, cpuFeatures, cpuReady } from "@unrolled/backend-cpu";
export * from "@unrolled/cells";
export * from "@unrolled/core";
export * from "@unrolled/datasets";
export * from "@unrolled/nn";
export * from "@unrolled/optim";
export * from "@unrolled/train";
export * from "@unrolled/weights";
