import type { DType, TypedArray } from "./dtype.js";
import type { Graph } from "./graph.js";
import type { Shape } from "./shape.js";

/** A tensor's elements on the host, row-major. */
export interface HostTensor {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A prepared graph. Its state lives inside, and each run moves it on. */
export interface Program {
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  runSync?(inputs: Readonly<Record<string, HostTensor>>): Record<string, HostTensor>;
  /** The state as it is after the last run. */
  readState(): Promise<Record<string, HostTensor>>;
  /** Replaces the state, all or nothing: a tensor for each name that `readState` gives, each with its shape and dtype. */
  writeState(state: Readonly<Record<string, HostTensor>>): Promise<void>;
  dispose(): Promise<void>;
}

/** Engines that run whole graphs. */
export interface Runner {
  readonly contract: "v1";
  readonly name: string;
  prepare(graph: Graph): Promise<Program>;
}
