export type { Cell, CellResult, SequenceOptions } from "./cell.js";
export { type CellOptions, GRUCell, LSTMCell, RNNCell } from "./cell-modules.js";
export { type GradientNormOptions, gradientNormByTime } from "./gradient-norm.js";
export {
  type InitRecurrentOptions,
  initRecurrent_,
  type StockModule,
  setForgetBias_,
  type WeightInit,
} from "./init-recurrent.js";
export { GRU, type GRUOptions, LSTM, type LSTMOptions, RNN, type RNNOptions } from "./layers.js";
export type { Lengths } from "./lengths.js";
export { lengthsMask } from "./lengths-mask.js";
export {
  PackedSequence,
  type PackOptions,
  type PadPackedOptions,
  packPadded,
  packSequence,
  padPacked,
  unpackSequence,
} from "./packed-sequence.js";
export { type PadOptions, padSequence, unpadSequence } from "./pad-sequence.js";
export { type MakeCell, type ModuleCell, Recurrent } from "./recurrent.js";
export { RecurrentCell } from "./recurrent-cell.js";
export { RecurrentLayer, type RecurrentOptions, type WeightName } from "./recurrent-layer.js";
export { type ForwardOptions, type OutputOf, RecurrentStack, type StackOptions } from "./recurrent-stack.js";
export { type ScanOptions, scan, stepThrough } from "./scan.js";
export { type GateWeights, gruCell, type LSTMWeights, lstmCell, rnnCell } from "./stock-cells.js";
export { detachState, type RecurrentState, type TruncatedBpttOptions, truncatedBptt } from "./truncated-bptt.js";
export { type UnrollOptions, unroll } from "./unroll.js";
