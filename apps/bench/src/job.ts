// One peer with one work in a process of its own: node job.js WORK PEER THREADS. Prints a Result as JSON.
import { compiledOnnx } from "./compiled-onnx.js";
import { writeData } from "./data-file.js";
import { works } from "./works.js";

const [name, peer, argument] = process.argv.slice(2);
const work = works.find((known) => known.name === name);
if (work === undefined) throw new Error(`no work ${name}`);
if (peer === "data") writeData(work, argument);
else process.stdout.write(`${JSON.stringify(await compiledOnnx(work, Number(argument)))}\n`);
