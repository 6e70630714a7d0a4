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
export { GraphModule, type ModelTensor } from "./graph-module/graph-module.js";
export { type ImportOnnxOptions, importOnnx } from "./graph-module/import-onnx.js";
export { type GraphToOnnxOptions, graphToOnnx, maximumOpset, minimumOpset } from "./graph-to-onnx.js";
export { type OnnxToGraphOptions, onnxToGraph } from "./import/onnx-to-graph.js";
export { type StateBinding, stateBindings, stateMetadataKey } from "./state.js";
