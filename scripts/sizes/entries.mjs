// What bundles may weigh, minified and gzipped, and what may not be in them. `npm run sizes` prints what they do weigh.
// A limit is a little above the weight of today: raise it only for what is worth it, and say so where you do.

const training = `
  import { Adam, Linear, LSTM, Module, mseLoss, tensor } from "unrolled";
  class Net extends Module {
    lstm = new LSTM(1, 32, { batchFirst: true });
    head = new Linear(32, 1);
    forward(x) { return this.head.forward(this.lstm.forward(x)[0].select(1, -1)); }
  }
  const model = new Net();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const [x, y] = [tensor([[[0], [1]]]), tensor([[2]])];
  console.log(optimizer.step(() => mseLoss(model.forward(x), y)).item());`;

const whole = (/** @type {string} */ name) => `import * as everything from "${name}"; console.log(everything);`;

/** No bundle for browsers may load these at once. */
const ofNode = ["node:", "worker_threads"];
const engines = [
  "onnxruntime",
  "@bufbuild/protobuf",
  "@tensorflow/",
  "packages/onnx/",
  "packages/backend-onnx/",
  "packages/backend-tfjs/",
];
/** The tracer and the compiler behind `compile`, which a program that computes step by step has no use for. */
const compiler = [
  "core/dist/graph/tracer.js",
  "core/dist/compile/compile.js",
  "backend-cpu/dist/compiled/emit/",
  "backend-cpu/dist/compiled/encode/",
];
const fitting = ["packages/datasets/", "packages/weights/", "packages/train/"];

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} code
 * @property {number} limit of what loads at once, minified and gzipped, bytes
 * @property {readonly string[]} without parts of modules' paths, and of imported names, that may not load at once
 * @property {string} [readme] the folder under packages whose README says this size
 */

/** @param {string} folder @param {number} limit @returns {Entry} */
const wholePackage = (folder, limit) => {
  const name = folder === "unrolled" ? folder : `@unrolled/${folder}`;
  return { name: `all of ${name}`, code: whole(name), limit, without: ofNode, readme: folder };
};

/** @type {readonly Entry[]} */
export const entries = [
  {
    name: "an LSTM trained with unrolled, its WebAssembly included",
    code: training,
    limit: 87_000,
    without: [...ofNode, ...engines, ...compiler, ...fitting],
  },
  {
    name: "tensors and gradients of @unrolled/core",
    code: `import { grad, tensor } from "@unrolled/core"; console.log(grad, tensor);`,
    limit: 26_000,
    without: [
      ...ofNode,
      ...engines,
      ...compiler,
      "core/dist/scan/scan-steps.js",
      "packages/backend-cpu/",
      "packages/nn/",
    ],
  },
  {
    name: "the GRU of @unrolled/cells",
    code: `import { GRU } from "@unrolled/cells"; console.log(new GRU(1, 2));`,
    limit: 35_000,
    without: [
      ...ofNode,
      ...engines,
      ...compiler,
      ...fitting,
      "packages/backend-cpu/",
      "packages/optim/",
      "cells/dist/lstm",
      "cells/dist/rnn",
    ],
  },
  wholePackage("backend", 8_500),
  wholePackage("core", 46_000),
  wholePackage("nn", 37_000),
  wholePackage("cells", 40_000),
  wholePackage("optim", 39_000),
  wholePackage("datasets", 54_000),
  wholePackage("weights", 60_000),
  wholePackage("train", 66_000),
  wholePackage("backend-cpu", 52_000),
  wholePackage("onnx", 110_000),
  wholePackage("unrolled", 200_000),
];
