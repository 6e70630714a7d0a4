// Preloaded into a run: as if the packages of ONNX Runtime named in HIDDEN were not installed.
import { register } from "node:module";

const hidden = JSON.stringify((process.env.HIDDEN ?? "").split(","));
const hooks = `export async function resolve(name, context, next) {
  if (${hidden}.includes(name)) throw Object.assign(new Error("Cannot find package " + name), { code: "ERR_MODULE_NOT_FOUND" });
  return next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
