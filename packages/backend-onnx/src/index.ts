export type { Provider } from "./engine.js";
export { type OnnxRuntimeOptions, onnxRuntime } from "./onnx-runtime.js";
