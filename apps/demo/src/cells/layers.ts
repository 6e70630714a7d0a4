// Apart from what is told of cells, so that the page loads no layers.
import type { Backend } from "@unrolled/backend";
import { GRU, LSTM, RNN } from "@unrolled/cells";
import type { Generator } from "@unrolled/core";
import type { CellKind } from "./cell-kind.js";

export type RecurrentLayers = RNN | LSTM | GRU;

export interface LayerOptions {
  readonly numLayers: number;
  readonly bias: boolean;
  readonly generator: Generator;
  readonly backend: Backend;
}

const layerClasses = { RNN, LSTM, GRU };

export type LayerClass = keyof typeof layerClasses;

export const createLayers = (
  { layerClass }: CellKind,
  inputSize: number,
  hiddenSize: number,
  options: LayerOptions,
): RecurrentLayers => new layerClasses[layerClass](inputSize, hiddenSize, { ...options, batchFirst: true });
