// Names that an @example may use without saying where they come from: what a reader has at hand, and its type.

import type { writeFileSync as WriteFileSync } from "node:fs";
import type { readFile as ReadFile, writeFile as WriteFile } from "node:fs/promises";
import type { tensor1d } from "@tensorflow/tfjs-core";
import type { Graph, HostTensor, Runner } from "@unrolled/backend";
import type { InputValue, OnnxSession } from "@unrolled/backend-onnx";
import type { TfjsBackend } from "@unrolled/backend-tfjs";
import type { ErasedReference } from "@unrolled/testkit";
import type { ToolkitModule } from "@unrolled/testkit/training";
import type {
  Adam,
  DataLoader,
  executeNodes,
  KerasRecurrentArrays,
  Linear,
  LSTM,
  LSTMWeights,
  Module,
  PackedSequence,
  RNN,
  SequenceSample,
  StandardScaler,
  Tensor,
  WindowDataset,
} from "unrolled";

export declare const readFile: typeof ReadFile;
export declare const writeFile: typeof WriteFile;
export declare const writeFileSync: typeof WriteFileSync;

interface Model extends Module {
  forward(...inputs: Tensor[]): Tensor;
}

export declare const model: Model;
export declare const encoder: Module;
export declare const Net: new () => Module;
export declare const SineNet: new () => Module;
export declare const net: Module;
export declare const head: Linear;
export declare const lstm: LSTM;
export declare const rnn: RNN;
export declare const optimizer: Adam;
export declare const loader: DataLoader<readonly [Tensor, Tensor, Tensor]>;
export declare const train: Iterable<readonly [Tensor, Tensor]> & { readonly length: number };
export declare const samples: SequenceSample[];
export declare const scaler: StandardScaler;

export declare const x: Tensor;
export declare const y: Tensor;
export declare const h: Tensor;
export declare const c: Tensor;
export declare const w: Tensor;
export declare const weight: Tensor;
export declare const target: Tensor;
export declare const last: Tensor;
export declare const loss: Tensor;
export declare const labels: Tensor;
export declare const logProbabilities: Tensor;
export declare const packed: PackedSequence;
export declare const state: readonly [Tensor, Tensor];
export declare const window: Tensor;
export declare const steps: Tensor;

export declare const backend: TfjsBackend;
export declare const runner: Runner;
export declare const graph: Graph;
export declare const values: Parameters<typeof executeNodes>[2];
export declare const weights: LSTMWeights;
export declare const windows: WindowDataset;
export declare const input: { readonly files: readonly File[] };
export declare const session: OnnxSession;
export declare const eager: InputValue;
export declare const mine: ReturnType<typeof tensor1d>;
export declare const toolkit: ToolkitModule;
export declare const reference: ErasedReference;
export declare const cotangent: Float64Array;
export declare const data: Float32Array;

export declare const bytes: Uint8Array<ArrayBuffer>;
export declare const text: string;
export declare const configText: string;
export declare const file: Uint8Array<ArrayBuffer>;
export declare const series: Float64Array;
export declare const history: Float64Array;
export declare const training: Float64Array;
export declare const test: Float64Array;
export declare const times: readonly number[];
export declare const dates: readonly string[];
export declare const epochs: number;
export declare const validationLoss: number;
export declare const kernel: HostTensor;
export declare const recurrentKernel: HostTensor;
export declare const bias: HostTensor;
export declare const kerasArrays: KerasRecurrentArrays;
export declare const tensors: Readonly<Record<string, HostTensor>>;
