export type { Cell, CellResult, SequenceOptions } from "./cell.js";
export { type CellOptions, GRUCell, LSTMCell, RNNCell } from "./cell-modules.js";
export { GRU, type GRUOptions, LSTM, RNN, type RNNOptions } from "./layers.js";
export { type ForwardOptions, RecurrentLayer, type RecurrentOptions, type WeightName } from "./recurrent-layer.js";
export { scan, stepThrough } from "./scan.js";
export { type GateWeights, gruCell, lstmCell, rnnCell } from "./stock-cells.js";
