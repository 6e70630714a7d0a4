// The TypeScript end of the exchange with Python: `node exchange.mjs write FOLDER` and `node exchange.mjs read FOLDER`.
// A folder holds cases.json and, for each case, NAME.safetensors or NAME.npz (weights) and NAME.io.safetensors (input, outputs).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpu } from "@unrolled/backend-cpu";
import { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from "@unrolled/cells";
import { concat, manualSeed, randint, randn, setDefaultBackend, Tensor, tensor } from "@unrolled/core";
import { Embedding, LayerNorm, Linear, Module } from "@unrolled/nn";
import {
  fromKeras,
  loadPytorch,
  readNpz,
  readSafetensors,
  registerModule,
  saveModel,
  toKeras,
  writeNpz,
  writeSafetensors,
} from "@unrolled/weights";

setDefaultBackend(cpu());

const [BATCH, STEPS, FEATURES, ROWS] = [2, 5, 3, 7];
const tolerance = { float32: 1e-5, float64: 1e-10 };

/** Embedding, two layers of LSTM both ways, LayerNorm, Linear: a model whose keys have dots. */
class Tagger extends Module {
  /** @param {{ dtype?: "float32" | "float64" }} [options] */
  constructor(options = {}) {
    super();
    this.embedding = new Embedding(ROWS, 3, { paddingIdx: 0, ...options });
    this.rnn = new LSTM(3, 4, { numLayers: 2, batchFirst: true, bidirectional: true, ...options });
    this.norm = new LayerNorm(8, options);
    this.head = new Linear(8, 2, options);
  }

  /** @param {Tensor} x */
  forward(x) {
    return this.head.forward(this.norm.forward(this.rnn.forward(this.embedding.forward(x))[0]));
  }
}
registerModule("Tagger", Tagger);

const classes = { RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell, Linear, LayerNorm, Embedding, Tagger };

/** What PyTorch calls the options. */
const torchNames = {
  numLayers: "num_layers",
  batchFirst: "batch_first",
  projSize: "proj_size",
  paddingIdx: "padding_idx",
};

const torchCases = [
  { name: "rnn", class: "RNN", args: [3, 4] },
  { name: "rnn-relu", class: "RNN", args: [3, 4], options: { nonlinearity: "relu", bias: false } },
  { name: "lstm", class: "LSTM", args: [3, 4] },
  { name: "lstm-deep", class: "LSTM", args: [3, 4], options: { numLayers: 2, batchFirst: true, bidirectional: true } },
  { name: "lstm-projected", class: "LSTM", args: [3, 4], options: { projSize: 2, bidirectional: true } },
  { name: "gru", class: "GRU", args: [3, 4] },
  { name: "gru-deep", class: "GRU", args: [3, 4], options: { numLayers: 3, batchFirst: true, bidirectional: true } },
  { name: "rnn-cell", class: "RNNCell", args: [3, 4] },
  { name: "lstm-cell", class: "LSTMCell", args: [3, 4] },
  { name: "gru-cell", class: "GRUCell", args: [3, 4] },
  { name: "linear", class: "Linear", args: [3, 2] },
  { name: "layer-norm", class: "LayerNorm", args: [3] },
  { name: "embedding", class: "Embedding", args: [ROWS, 3], options: { paddingIdx: 0 } },
  { name: "tagger", class: "Tagger", args: [] },
].flatMap((row) => [
  { options: {}, ...row, dtype: "float32" },
  { options: {}, ...row, name: `${row.name}-float64`, dtype: "float64" },
]);

/** Keras models of one recurrent layer and a Dense; `layer` is Keras's name of the first. */
const kerasCases = [
  { name: "simple-rnn", class: "RNN", layer: "simple_rnn", options: {} },
  { name: "lstm", class: "LSTM", layer: "lstm", options: {} },
  { name: "gru", class: "GRU", layer: "gru", options: {} },
  { name: "gru-reset-before", class: "GRU", layer: "gru", options: { resetAfter: false } },
  { name: "bidirectional-simple-rnn", class: "RNN", layer: "bidirectional", options: { bidirectional: true } },
  { name: "bidirectional-lstm", class: "LSTM", layer: "bidirectional", options: { bidirectional: true } },
  { name: "bidirectional-gru", class: "GRU", layer: "bidirectional", options: { bidirectional: true } },
  {
    name: "bidirectional-gru-reset-before",
    class: "GRU",
    layer: "bidirectional",
    options: { bidirectional: true, resetAfter: false },
  },
];

/** The last state of a recurrent layer into a Linear, as Keras does without return_sequences. */
class LastState extends Module {
  constructor({ class: kind, options }) {
    super();
    this.rnn = new classes[kind](FEATURES, 4, { batchFirst: true, ...options });
    this.head = new Linear(options.bidirectional ? 8 : 4, 2);
  }

  /** @param {Tensor} x */
  forward(x) {
    const [, last] = this.rnn.forward(x);
    const h = Array.isArray(last) ? last[0] : last;
    return this.head.forward(this.rnn.bidirectional ? concat([h.select(0, 0), h.select(0, 1)], 1) : h.select(0, 0));
  }
}

const makeTorch = ({ class: kind, args, options, dtype }) => new classes[kind](...args, { ...options, dtype });

function inputFor({ class: kind, dtype = "float32" }) {
  if (kind === "Embedding" || kind === "Tagger") return randint(0, ROWS, [BATCH, STEPS]);
  return randn(kind.endsWith("Cell") ? [BATCH, FEATURES] : [BATCH, STEPS, FEATURES], { dtype });
}

const flat = (result) => (result instanceof Tensor ? [result] : result.flatMap(flat));

const host = (t) => ({ data: t.dataSync(), shape: t.shape, dtype: t.dtype });

const numbered = (x, results) =>
  Object.fromEntries([["input", host(x)], ...flat(results).map((result, i) => [`output.${i}`, host(result)])]);

async function write(folder) {
  mkdirSync(folder, { recursive: true });
  const save = (name, content) => writeFileSync(join(folder, name), content);
  const torch = [];
  for (const row of torchCases) {
    const model = makeTorch(row);
    const x = inputFor(row);
    save(`${row.name}.safetensors`, (await saveModel(model)).weights);
    save(`${row.name}.io.safetensors`, writeSafetensors(numbered(x, model.forward(x))));
    const options = Object.fromEntries(
      Object.entries(row.options).map(([key, value]) => [torchNames[key] ?? key, value]),
    );
    torch.push({ ...row, options });
  }
  const keras = [];
  for (const row of kerasCases) {
    const model = new LastState(row);
    const x = inputFor(row);
    save(`keras-${row.name}.npz`, writeNpz(await toKeras(model, { layers: { rnn: row.layer, head: "dense" } })));
    save(`keras-${row.name}.io.safetensors`, writeSafetensors(numbered(x, model.forward(x))));
    keras.push({ ...row, units: 4, outputs: 2 });
  }
  save("cases.json", JSON.stringify({ torch, keras }));
}

/** The largest difference between what a model gives and what Python got. */
function difference(model, io) {
  const { input, ...outputs } = io;
  const results = flat(model.forward(tensor(input.data, { shape: input.shape, dtype: input.dtype })));
  const wanted = Object.keys(outputs)
    .sort()
    .map((key) => outputs[key]);
  if (results.length !== wanted.length) throw new Error(`${results.length} outputs here, ${wanted.length} in Python`);
  const gaps = results.map((result, i) => {
    if (String(result.shape) !== String(wanted[i].shape))
      throw new Error(`output ${i} is [${result.shape}] here, [${wanted[i].shape}] in Python`);
    return Math.max(...result.dataSync().map((value, j) => Math.abs(value - wanted[i].data[j])));
  });
  return Math.max(...gaps);
}

async function read(folder) {
  const open = (name) => new Uint8Array(readFileSync(join(folder, name)));
  const { torch = [], keras = [] } = JSON.parse(new TextDecoder().decode(open("cases.json")));
  const rows = [];
  for (const { name, dtype, stored } of torch) {
    const row = torchCases.find((candidate) => candidate.name === name);
    const model = makeTorch(row);
    await loadPytorch(model, open(`${name}.${stored}.safetensors`));
    const gap = difference(model, readSafetensors(open(`${name}.${stored}.io.safetensors`)).tensors);
    rows.push({ what: `${name}, stored as ${stored}`, gap, limit: tolerance[dtype] });
  }
  for (const { name } of keras) {
    const row = kerasCases.find((candidate) => candidate.name === name);
    const model = new LastState(row);
    fromKeras(model, readNpz(open(`keras-${name}.npz`)), { layers: { rnn: row.layer, head: "dense" } });
    const gap = difference(model, readSafetensors(open(`keras-${name}.io.safetensors`)).tensors);
    rows.push({ what: `Keras ${name}`, gap, limit: tolerance.float32 });
  }
  const failed = rows.filter(({ gap, limit }) => !(gap <= limit));
  for (const { what, gap, limit } of failed) console.error(`FAILED ${what}: off by ${gap}, allowed ${limit}`);
  const largest = (limit) => Math.max(0, ...rows.filter((row) => row.limit === limit).map(({ gap }) => gap));
  console.log(
    `${rows.length - failed.length} of ${rows.length} models of Python's give its outputs here; largest differences ` +
      `${largest(tolerance.float32).toExponential(1)} (float32), ${largest(tolerance.float64).toExponential(1)} (float64)`,
  );
  return failed.length === 0 && rows.length > 0;
}

const [action, folder] = process.argv.slice(2);
manualSeed(4);
if (action === "write") await write(folder);
else if (action === "read") process.exitCode = (await read(folder)) ? 0 : 1;
else throw new Error("node exchange.mjs write|read FOLDER");
