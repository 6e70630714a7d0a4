export {
  type CompressedOnnx,
  type CompressOnnxOptions,
  compressionMetadataKey,
  compressOnnx,
} from "./compress-onnx.js";
export { formatCompression } from "./format-compression.js";
export type { CompressedTensor, CompressionReport, UntouchedTensor } from "./report.js";
