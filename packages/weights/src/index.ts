export { readSafetensors, type SafetensorsFile } from "./safetensors/read.js";
export { writeSafetensors } from "./safetensors/write.js";
export { loadStateDict, saveStateDict } from "./state-dict.js";
