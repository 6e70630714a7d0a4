// npm run fuzz -- [--time SECONDS] [--seed N]: damages the committed ONNX, safetensors and .npz files in many ways and
// reads them. Whatever is thrown must be one of the library's own errors; none may take longer than ten seconds.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildOrExit, root } from "./steps.mjs";

const usage = "Usage: npm run fuzz -- [--time SECONDS] [--seed N], 30 seconds unless told";
const slowest = 10_000;

/** @returns {{ seconds: number, seed: number }} */
function options() {
  try {
    const { values } = parseArgs({ options: { time: { type: "string" }, seed: { type: "string" } } });
    const seconds = Number(values.time ?? 30);
    const seed = Number(values.seed ?? Date.now() % 2 ** 31);
    if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error("the time is a number above 0, the seed an integer");
    return { seconds, seed };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

const { seconds, seed } = options();
await buildOrExit("@unrolled/onnx...", "@unrolled/weights...", "@unrolled/backend-cpu...");

/** @param {string} name */
const load = (name) => import(pathToFileURL(join(root, "packages", name, "dist", "index.js")).href);
const [{ UnrolledError }, { setDefaultBackend, noGrad, zeros, scope }, { cpu }, { importOnnx }, weights] =
  await Promise.all(["backend", "core", "backend-cpu", "onnx", "weights"].map(load));
setDefaultBackend(cpu());

/** @param {string} folder @param {RegExp} ending */
function filesIn(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .map((name) => ({ name: join(folder, name), bytes: new Uint8Array(readFileSync(join(root, folder, name))) }))
    .filter(({ bytes }) => bytes.length < 64_000);
}

/** @typedef {{ shape: readonly (number | string)[] | null, dtype: string }} Declared */

/** Imports a model and, where that succeeds, runs it on small inputs. @param {Uint8Array} bytes */
function onnx(bytes) {
  const model = importOnnx(bytes, { maxBytes: 2 ** 20 });
  /** @type {readonly Declared[]} */
  const declared = model.inputs;
  /** @type {readonly Declared[]} */
  const outputs = model.outputs;
  const inputs = declared.map(({ shape, dtype }) =>
    zeros(
      (shape ?? []).map((size) => (typeof size === "number" ? size : 2)),
      { dtype },
    ),
  );
  let numbers = model.parameterCount();
  for (const { size } of inputs) numbers += size;
  if (numbers < 10_000 && outputs.every(({ shape }) => (shape ?? []).every((size) => !(Number(size) > 1000))))
    scope(() => void noGrad(() => void model.forward(...inputs)));
}

const kinds = [
  { read: onnx, files: filesIn("packages/onnx/test", /\.onnx$/) },
  { read: weights.readSafetensors, files: filesIn("packages/weights/test/goldens", /\.safetensors$/) },
  { read: weights.readNpz, files: filesIn("packages/weights/test/goldens", /\.npz$/) },
].filter(({ files }) => files.length > 0);

let state = seed >>> 0;
/** @param {number} limit */
function draw(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

const extremes = [0x00, 0x01, 0x7f, 0x80, 0xff];
/** @type {((bytes: Uint8Array, other: Uint8Array) => Uint8Array)[]} */
const damages = [
  (bytes) => {
    for (let flips = 1 + draw(6); flips > 0; flips--) bytes[draw(bytes.length)] ^= 1 << draw(8);
    return bytes;
  },
  (bytes) => {
    for (let writes = 1 + draw(4); writes > 0; writes--) bytes[draw(bytes.length)] = extremes[draw(extremes.length)];
    return bytes;
  },
  (bytes) => bytes.subarray(0, draw(bytes.length)),
  (bytes) => {
    const at = draw(bytes.length);
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + draw(32))]);
  },
  (bytes) => {
    const at = draw(bytes.length);
    const from = draw(bytes.length);
    bytes.copyWithin(at, from, from + 1 + draw(64));
    return bytes;
  },
  (bytes, other) => Uint8Array.from([...bytes.subarray(0, draw(bytes.length)), ...other.subarray(draw(other.length))]),
];

const until = Date.now() + seconds * 1000;
let tried = 0;
let refused = 0;
while (Date.now() < until) {
  const { read, files } = kinds[tried % kinds.length];
  const file = files[draw(files.length)];
  const other = files[draw(files.length)];
  /** @type {Uint8Array} */
  let bytes = Uint8Array.from(file.bytes);
  for (let rounds = 1 + draw(2); rounds > 0 && bytes.length > 0; rounds--)
    bytes = damages[draw(damages.length)](bytes, other.bytes);
  tried++;
  const began = Date.now();
  try {
    await read(Uint8Array.from(bytes));
  } catch (error) {
    refused++;
    if (!UnrolledError.is(error)) {
      console.error(`${file.name}, damaged (file ${tried} of seed ${seed}), gave an error that is not the library's:`);
      console.error(error);
      process.exit(1);
    }
  }
  if (Date.now() - began > slowest) {
    console.error(`${file.name}, damaged (file ${tried} of seed ${seed}), took ${Date.now() - began} ms`);
    process.exit(1);
  }
}
console.log(
  `${tried} damaged files of ${kinds.length} kinds read in ${seconds} s, ${refused} refused, all with the library's own errors (seed ${seed})`,
);
