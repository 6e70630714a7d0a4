import { GRU, GRUCell, LSTM, LSTMCell, type ModuleCell, Recurrent, RNN, RNNCell } from "@unrolled/cells";
import { choice, count, type Fields, flag, listOf, number, object } from "./fields.js";
import type { JsonObject } from "./json.js";
import { entry, type Float, floatOf, floatType, type StockEntry } from "./stock-entry.js";

interface CellConfig {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  readonly dtype: Float;
}

const cellFields: Fields<CellConfig> = { inputSize: count, hiddenSize: count, bias: flag, dtype: floatType };

const cellConfig = ({ inputSize, hiddenSize, bias_ih, weight_ih }: RNNCell | LSTMCell | GRUCell): CellConfig => ({
  inputSize,
  hiddenSize,
  bias: bias_ih !== null,
  dtype: floatOf(weight_ih),
});

const cellElements =
  (gates: number) =>
  ({ inputSize, hiddenSize, bias }: CellConfig): number =>
    gates * hiddenSize * (inputSize + hiddenSize + (bias ? 2 : 0));

interface LayerConfig extends CellConfig {
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
}

const layerFields: Fields<LayerConfig> = {
  ...cellFields,
  numLayers: count,
  batchFirst: flag,
  dropout: number,
  bidirectional: flag,
};

const layerConfig = (module: RNN | LSTM | GRU): LayerConfig => ({
  inputSize: module.inputSize,
  hiddenSize: module.hiddenSize,
  bias: module.bias,
  dtype: floatOf(module.weightsAt(0).weightIh),
  numLayers: module.numLayers,
  batchFirst: module.batchFirst,
  dropout: module.betweenLayers.p,
  bidirectional: module.bidirectional,
});

const layerElements =
  (gates: number) =>
  (c: LayerConfig & { readonly projSize?: number }): number => {
    const directions = c.bidirectional ? 2 : 1;
    const { projSize = 0 } = c;
    const output = projSize || c.hiddenSize;
    const perRow = output + (c.bias ? 2 : 0);
    const rows = gates * c.hiddenSize;
    const first = directions * (rows * (c.inputSize + perRow) + projSize * c.hiddenSize);
    const others = directions * (rows * (output * directions + perRow) + projSize * c.hiddenSize);
    return first + Math.max(c.numLayers - 1, 0) * others;
  };

const nonlinearity = choice("tanh", "relu");
type Nonlinearity = "tanh" | "relu";

/** The recurrent layers and cells. */
export const recurrentEntries: readonly (readonly [string, StockEntry])[] = [
  entry<RNNCell, CellConfig & { nonlinearity: Nonlinearity }>(RNNCell, "RNNCell", {
    fields: { ...cellFields, nonlinearity },
    toConfig: (module) => ({ ...cellConfig(module), nonlinearity: module.nonlinearity }),
    elements: cellElements(1),
    fromConfig: ({ inputSize, hiddenSize, ...options }, { place }) =>
      new RNNCell(inputSize, hiddenSize, { ...options, ...place }),
  }),
  entry<LSTMCell, CellConfig>(LSTMCell, "LSTMCell", {
    fields: cellFields,
    toConfig: cellConfig,
    elements: cellElements(4),
    fromConfig: ({ inputSize, hiddenSize, ...options }, { place }) =>
      new LSTMCell(inputSize, hiddenSize, { ...options, ...place }),
  }),
  entry<GRUCell, CellConfig & { resetAfter: boolean }>(GRUCell, "GRUCell", {
    fields: { ...cellFields, resetAfter: flag },
    toConfig: (module) => ({ ...cellConfig(module), resetAfter: module.resetAfter }),
    elements: cellElements(3),
    fromConfig: ({ inputSize, hiddenSize, ...options }, { place }) =>
      new GRUCell(inputSize, hiddenSize, { ...options, ...place }),
  }),
  entry<RNN, LayerConfig & { nonlinearity: Nonlinearity }>(RNN, "RNN", {
    fields: { ...layerFields, nonlinearity },
    toConfig: (module) => ({ ...layerConfig(module), nonlinearity: module.nonlinearity }),
    elements: layerElements(1),
    fromConfig: ({ inputSize, hiddenSize, ...options }, { place }) =>
      new RNN(inputSize, hiddenSize, { ...options, ...place }),
  }),
  entry<LSTM, LayerConfig & { projSize: number }>(LSTM, "LSTM", {
    fields: { ...layerFields, projSize: count },
    toConfig: (module) => ({ ...layerConfig(module), projSize: module.projSize }),
    elements: layerElements(4),
    fromConfig: ({ inputSize, hiddenSize, ...options }, { place }) =>
      new LSTM(inputSize, hiddenSize, { ...options, ...place }),
  }),
  entry<GRU, LayerConfig & { resetAfter: boolean }>(GRU, "GRU", {
    fields: { ...layerFields, resetAfter: flag },
    toConfig: (module) => ({ ...layerConfig(module), resetAfter: module.resetAfter }),
    elements: layerElements(3),
    fromConfig: ({ inputSize, hiddenSize, ...options }, { place }) =>
      new GRU(inputSize, hiddenSize, { ...options, ...place }),
  }),
  entry<
    Recurrent<never>,
    {
      inputSize: number;
      outputSize: number;
      cells: readonly JsonObject[];
      numLayers: number;
      batchFirst: boolean;
      dropout: number;
      bidirectional: boolean;
    }
  >(Recurrent, "Recurrent", {
    fields: {
      inputSize: count,
      outputSize: count,
      cells: listOf(object),
      numLayers: count,
      batchFirst: flag,
      dropout: number,
      bidirectional: flag,
    },
    toConfig: (module, save) => ({
      inputSize: module.inputSize,
      outputSize: module.outputSize,
      cells: module.cells.map(save),
      numLayers: module.numLayers,
      batchFirst: module.batchFirst,
      dropout: module.betweenLayers.p,
      bidirectional: module.bidirectional,
    }),
    fromConfig: ({ inputSize, outputSize, cells, ...options }, { build }) => {
      const made = cells.map(build) as unknown as ModuleCell<never>[];
      let next = 0;
      return new Recurrent<never>(inputSize, outputSize, () => made[next++], options);
    },
  }),
];
