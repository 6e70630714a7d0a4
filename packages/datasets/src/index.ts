export {
  type Collate,
  type CollateContext,
  type Collated,
  defaultCollate,
  padCollate,
  type SequenceSample,
} from "./collate.js";
export type { DateOrder } from "./csv/date.js";
export type { Delimiter } from "./csv/delimiter.js";
export type { SeriesWarning } from "./csv/gaps.js";
export type { MissingPolicy } from "./csv/missing.js";
export type { DecimalMark } from "./csv/number.js";
export { type CsvOptions, type CsvTable, parseCsv } from "./csv/parse.js";
export { type ReadSeriesOptions, readSeries, type Series } from "./csv/read-series.js";
export { futureTimes, type Spacing, spacingOf } from "./csv/spacing.js";
export { DataLoader, type DataLoaderOptions } from "./data-loader.js";
export { ArrayDataset, ConcatDataset, type Dataset, Subset } from "./dataset.js";
export { type HostArray, hostArray, type SeriesLike } from "./host-array.js";
export type { Field, NestedNumbers } from "./nested.js";
export { scalerFromJSON } from "./scalers/from-json.js";
export { MinMaxScaler, type MinMaxScalerJSON } from "./scalers/min-max-scaler.js";
export type { AffineScaling, Scaled, Scaler } from "./scalers/scaler.js";
export { StandardScaler, type StandardScalerJSON } from "./scalers/standard-scaler.js";
export { addingProblem, type SequenceTaskOptions } from "./sequences/adding-problem.js";
export { parity } from "./sequences/parity.js";
export type { LabelledSequence, SequenceDataset } from "./sequences/sequence-dataset.js";
export { type ElmanSine, elmanSine } from "./series/elman.js";
export { dampedSine, type NoiseOptions, sawtooth, sine, sumOfSines, type Wave } from "./series/generators.js";
export { randomSubsequence, type Subsequence, type SubsequenceOptions, sineCycle } from "./series/subsequence.js";
export { type WindowSine, windowSine } from "./series/window-sine.js";
export { chronologicalSplit, type PartOf, type Split, type SplitParts } from "./split.js";
export { TensorDataset } from "./tensor-dataset.js";
export { type SlidingWindowsOptions, slidingWindows, type Window, type WindowDataset } from "./windows.js";
