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
export { type GraphToOnnxOptions, graphToOnnx, maximumOpset, minimumOpset } from "./graph-to-onnx.js";
export { type OnnxToGraphOptions, onnxToGraph } from "./import/onnx-to-graph.js";
export { type StateBinding, stateBindings, stateMetadataKey } from "./state.js";
