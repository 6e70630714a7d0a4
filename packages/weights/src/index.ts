export { type LoadReport, type LoadWords, type Misshaped, StateDictError } from "@unrolled/nn";
export type { HalfType } from "./elements/writers.js";
export { denseFromKeras, denseToKeras } from "./keras/feed-forward.js";
export { type FromKerasOptions, fromKeras } from "./keras/from-keras.js";
export type { KerasLayerNames } from "./keras/pairs.js";
export {
  type GruToKerasOptions,
  gruFromKeras,
  gruToKeras,
  type KerasRecurrentArrays,
  lstmFromKeras,
  lstmToKeras,
  simpleRnnFromKeras,
  simpleRnnToKeras,
  type TorchNameOptions,
} from "./keras/recurrent.js";
export { type ToKerasOptions, toKeras } from "./keras/to-keras.js";
export type { BuildContext, ModuleCodec, ModuleConfig } from "./model/codec.js";
export type { ModelFiles } from "./model/file.js";
export type { JsonObject, JsonValue } from "./model/json.js";
export { type LoadableModel, type LoadModelOptions, loadModel } from "./model/load.js";
export { type LoadableOptimizer, loadOptimizer, type SavableOptimizer, saveOptimizer } from "./model/optimizer.js";
export { registerModule } from "./model/registry.js";
export { type SaveModelOptions, saveModel } from "./model/save.js";
export { type NpzOptions, type OpenNpz, openNpz, readNpy, readNpz } from "./npz/read.js";
export { writeNpz } from "./npz/write.js";
export { type OpenSafetensors, openSafetensors, type TensorInfo } from "./safetensors/open.js";
export { readSafetensors, type SafetensorsFile } from "./safetensors/read.js";
export { type WriteOptions, writeSafetensors } from "./safetensors/write.js";
export type { ByteReader, ByteSource } from "./source.js";
export { loadPytorch, loadStateDict, loadTensors, saveStateDict } from "./state-dict/files.js";
export type { LoadWeightsOptions } from "./state-dict/plan.js";
