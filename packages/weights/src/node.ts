export { type FileReader, openFile } from "./node/open-file.js";
