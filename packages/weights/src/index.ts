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
export { type NpzOptions, type OpenNpz, openNpz, readNpy, readNpz } from "./npz/read.js";
export { writeNpz } from "./npz/write.js";
export { type OpenSafetensors, openSafetensors, type TensorInfo } from "./safetensors/open.js";
export { readSafetensors, type SafetensorsFile } from "./safetensors/read.js";
export { type WriteOptions, writeSafetensors } from "./safetensors/write.js";
export type { ByteReader, ByteSource } from "./source.js";
export { loadPytorch, loadStateDict, loadTensors, saveStateDict } from "./state-dict/files.js";
export type { LoadWeightsOptions } from "./state-dict/plan.js";
export { type LoadReport, type Misshaped, StateDictError } from "./state-dict/report.js";
