export { loadModelFrom, saveModelTo } from "./node/model-folder.js";
export { type FileReader, openFile } from "./node/open-file.js";
