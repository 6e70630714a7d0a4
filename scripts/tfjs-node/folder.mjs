// Where `npm run setup:tfjs-node` puts the TensorFlow engine: outside the repository. @unrolled/backend-tfjs looks there too.
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export function tfjsNodeFolder() {
  const named = process.env.UNROLLED_TFJS_NODE;
  if (named) return resolve(named);
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "unrolled", "tfjs-node");
}
