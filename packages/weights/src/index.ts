export type { HalfType } from "./elements/writers.js";
export { type OpenSafetensors, openSafetensors, type TensorInfo } from "./safetensors/open.js";
export { readSafetensors, type SafetensorsFile } from "./safetensors/read.js";
export { type WriteOptions, writeSafetensors } from "./safetensors/write.js";
export type { ByteReader, ByteSource } from "./source.js";
export { loadStateDict, saveStateDict } from "./state-dict.js";
