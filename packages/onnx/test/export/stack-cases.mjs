// Every option of the stock stack in every form of export, for the tests here and for Python's (../../python).
import { GRU, LSTM, RNN } from "@unrolled/cells";
import { noGrad, randn, tensor } from "@unrolled/core";

/** @typedef {import("@unrolled/core").Tensor} Tensor */
/** @typedef {Record<string, Tensor>} Tensors */
/** @typedef {"fixed" | "dynamic" | "lengths" | "states" | "stateful"} Form */
/**
 * @typedef {object} StackCase
 * @property {string} name
 * @property {Form} form
 * @property {LSTM | GRU | RNN} model
 * @property {string} opType ONNX's operator; Scan where there is none
 * @property {number} numLayers
 * @property {boolean} batchFirst
 * @property {import("@unrolled/onnx").ExportOnnxOptions} options
 * @property {readonly (readonly [time: number, batch: number])[]} sizes
 * @property {(time: number, batch: number) => Tensors} feeds what to run with
 * @property {(feeds: Tensors) => Tensors} expected what eager layers give
 */

const [features, hidden, projected] = [3, 4, 2];

/** @type {Record<string, { opType: string, make: (options: object) => LSTM | GRU | RNN, sizes: readonly number[] }>} */
const kinds = {
  tanh: { opType: "RNN", make: (options) => new RNN(features, hidden, options), sizes: [hidden] },
  relu: {
    opType: "RNN",
    make: (options) => new RNN(features, hidden, { nonlinearity: "relu", ...options }),
    sizes: [hidden],
  },
  lstm: { opType: "LSTM", make: (options) => new LSTM(features, hidden, options), sizes: [hidden, hidden] },
  projected: {
    opType: "Scan",
    make: (options) => new LSTM(features, hidden, { projSize: projected, ...options }),
    sizes: [projected, hidden],
  },
  gru: { opType: "GRU", make: (options) => new GRU(features, hidden, options), sizes: [hidden] },
  resetBefore: {
    opType: "GRU",
    make: (options) => new GRU(features, hidden, { resetAfter: false, ...options }),
    sizes: [hidden],
  },
};

/** @type {readonly Form[]} */
const forms = ["fixed", "dynamic", "lengths", "states", "stateful"];
const truths = [false, true];
/** @type {readonly (readonly [number, number])[]} */
const manySizes = [
  [5, 3],
  [1, 1],
  [2, 4],
  [7, 1],
];

/**
 * @param {{ kinds?: readonly string[], forms?: readonly Form[] }} [only]
 * @returns {StackCase[]}
 */
export function stackCases(only = {}) {
  /** @type {StackCase[]} */
  const cases = [];
  for (const kind of only.kinds ?? Object.keys(kinds))
    for (const numLayers of [1, 2])
      for (const bidirectional of truths)
        for (const bias of truths)
          for (const batchFirst of truths)
            for (const form of only.forms ?? forms) {
              if (form === "stateful" && bidirectional) continue;
              const dropout = numLayers === 2 ? 0.5 : 0;
              const layer = { numLayers, bidirectional, bias, batchFirst, dropout };
              cases.push(stackCase(kind, layer, form));
            }
  return cases;
}

/**
 * @param {string} kind
 * @param {{ numLayers: number, bidirectional: boolean, bias: boolean, batchFirst: boolean, dropout: number }} layer
 * @param {Form} form
 * @returns {StackCase}
 */
function stackCase(kind, layer, form) {
  const { opType, make, sizes } = kinds[kind];
  const { numLayers, bidirectional, bias, batchFirst } = layer;
  const model = make(layer);
  const cells = numLayers * (bidirectional ? 2 : 1);
  const parts = ["h", "c"].slice(0, sizes.length);
  /** @type {(time: number | string, batch: number | string) => (number | string)[]} */
  const shapeOfX = (time, batch) => (batchFirst ? [batch, time, features] : [time, batch, features]);
  const [time, batch] = form === "fixed" ? [5, 3] : ["time", "batch"];
  /** @type {Record<string, import("@unrolled/core").InputSpec>} */
  const inputs = { x: shapeOfX(time, batch) };
  if (form === "lengths") inputs.lengths = { shape: [batch], dtype: "int32" };
  if (form === "states") for (const [i, part] of parts.entries()) inputs[`${part}0`] = [cells, batch, sizes[i]];

  /** @param {Tensors} given @returns {Tensor[]} y and the last states */
  const run = (given) => {
    const suffix = form === "states" ? "0" : "";
    const states = parts.map((part) => given[part + suffix]).filter((state) => state !== undefined);
    const options = given.lengths ? { lengths: given.lengths } : {};
    if (model instanceof LSTM) {
      const [y, [h, c]] = model.forward(given.x, states.length > 0 ? [states[0], states[1]] : undefined, options);
      return [y, h, c];
    }
    return model.forward(given.x, states[0], options);
  };
  const names = ["y", ...parts.map((part) => (form === "stateful" ? `${part}.next` : `${part}n`))];

  return {
    name: [
      kind,
      `${numLayers} layers`,
      bidirectional && "both ways",
      bias || "no bias",
      batchFirst && "batch first",
      form,
    ]
      .filter((word) => typeof word === "string")
      .join(", "),
    form,
    model,
    opType,
    numLayers,
    batchFirst,
    options: {
      inputs,
      forward: (given) => (form === "stateful" ? run(given)[0] : run(given)),
      outputs: form === "stateful" ? ["y"] : names,
      stateful: form === "stateful",
    },
    sizes: form === "fixed" ? manySizes.slice(0, 1) : manySizes,
    feeds: (time, batch) => {
      /** @type {Tensors} */
      const given = { x: randn(/** @type {number[]} */ (shapeOfX(time, batch))) };
      if (form === "lengths")
        given.lengths = tensor(Int32Array.from({ length: batch }, (_, i) => (time + i) % (time + 1)));
      if (form === "states" || form === "stateful")
        for (const [i, part] of parts.entries())
          given[form === "states" ? `${part}0` : part] = randn([cells, batch, sizes[i]]);
      return given;
    },
    expected: (given) => {
      model.eval();
      const results = noGrad(() => run(given));
      model.train();
      return Object.fromEntries(results.map((result, i) => [names[i], result]));
    },
  };
}
