// One peer with one work in a process of its own: node job.js WORK PEER THREADS. Prints a Result as JSON.
import { compiledOnnx } from "./compiled-onnx.js";
import { writeData } from "./data-file.js";
import type { Result } from "./result.js";
import { tfLayers } from "./tf-layers.js";
import { eager } from "./tfjs-eager.js";
import { type Work, works } from "./works.js";

const [name, peer, argument] = process.argv.slice(2);
const work = works.find((known) => known.name === name);
if (work === undefined) throw new Error(`no work ${name}`);
if (peer === "data") writeData(work, argument);
else process.stdout.write(`${JSON.stringify(await timed(work, peer))}\n`);

function timed(work: Work, peer: string): Promise<Result> {
  if (peer === "cpu" || peer === "tfjs:cpu" || peer === "tfjs:wasm") return eager(work, peer);
  if (peer === "layers:cpu") return tfLayers(work, "cpu");
  if (peer === "layers:wasm") return tfLayers(work, "wasm");
  return compiledOnnx(work, Number(argument));
}
