export {
  type CompressedOnnx,
  type CompressedTensor,
  type CompressionReport,
  type CompressOnnxOptions,
  compressionMetadataKey,
  compressOnnx,
  formatCompression,
  type UntouchedTensor,
} from "./compress/index.js";
export { type ExportInputs, type ExportOnnxOptions, exportOnnx } from "./export/export-onnx.js";
export type { ExportOutputs } from "./export/flat-outputs.js";
export type { Affine } from "./export/scaling.js";
export {
  type ExportedTraining,
  type ExportTrainingOptions,
  exportTraining,
} from "./export-training/export-training.js";
export type { ManifestTensor, TrainingManifest } from "./export-training/manifest.js";
export { GraphModule, type ModelTensor } from "./graph-module/graph-module.js";
export { type ImportOnnxOptions, importOnnx } from "./graph-module/import-onnx.js";
export { type GraphToOnnxOptions, graphToOnnx, maximumOpset, minimumOpset } from "./graph-to-onnx.js";
export { type OnnxToGraphOptions, onnxToGraph } from "./import/onnx-to-graph.js";
export { type StateBinding, stateBindings, stateMetadataKey } from "./state.js";
