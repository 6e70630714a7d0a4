export type { HalfType } from "./elements/writers.js";
export { type NpzOptions, type OpenNpz, openNpz, readNpy, readNpz } from "./npz/read.js";
export { writeNpz } from "./npz/write.js";
export { type OpenSafetensors, openSafetensors, type TensorInfo } from "./safetensors/open.js";
export { readSafetensors, type SafetensorsFile } from "./safetensors/read.js";
export { type WriteOptions, writeSafetensors } from "./safetensors/write.js";
export type { ByteReader, ByteSource } from "./source.js";
export { loadStateDict, saveStateDict } from "./state-dict.js";
