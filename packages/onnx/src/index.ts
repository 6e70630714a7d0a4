export { type GraphToOnnxOptions, graphToOnnx, maximumOpset, minimumOpset } from "./graphToOnnx.js";
export { type StateBinding, stateBindings, stateMetadataKey } from "./state.js";
