import { createRequire } from "node:module";
import type { LayersModel, Tensor as TfTensor } from "@tensorflow/tfjs";
import type { Tensor } from "unrolled";
import { Net } from "./net.js";
import type { Result } from "./result.js";
import { timeRepeats } from "./time.js";
import type { Work } from "./works.js";

// TensorFlow.js is CommonJS in Node; required, all its parts are one copy.
const require = createRequire(import.meta.url);

/** The same net in tf.layers, as a user of TensorFlow.js trains it; Keras has one bias vector where PyTorch has two. */
export async function tfLayers(work: Work, engine: "cpu" | "wasm"): Promise<Result> {
  if (work.cell !== "LSTM") throw new Error("tf.layers has no GRU with the reset after the product");
  const tf: typeof import("@tensorflow/tfjs") = require("@tensorflow/tfjs");
  require(`@tensorflow/tfjs-backend-${engine}`);
  await tf.setBackend(engine);
  await tf.ready();

  const model = build(tf, work);
  const host = ({ data, shape }: { data: Float32Array; shape: readonly number[] }): TfTensor =>
    tf.tensor(data, [...shape]);
  const batches = work
    .batches()
    .map(([x, y]): [TfTensor, TfTensor] => [
      host(elements(x.swapAxes(0, 1))),
      host(elements(work.head ? y : y.swapAxes(0, 1))),
    ]);
  return timeRepeats(work, `tf.layers, ${engine}`, 5, async () => {
    let last = 0;
    for (let epoch = 0; epoch < work.epochs; epoch++) {
      for (const [x, y] of batches) last = Number(await model.trainOnBatch(x, y));
    }
    return last;
  });
}

function build(tf: typeof import("@tensorflow/tfjs"), work: Work): LayersModel {
  const { inputSize, hiddenSize } = work;
  const [[x]] = work.batches();
  const model = tf.sequential();
  const lstm = {
    units: hiddenSize,
    inputShape: [x.shape[0], inputSize],
    returnSequences: !work.head,
    recurrentActivation: "sigmoid" as const,
    unitForgetBias: false,
    recurrentInitializer: "zeros" as const, // replaced below; the default is slow
  };
  model.add(tf.layers.lstm(lstm));
  if (work.head) model.add(tf.layers.dense({ units: 1 }));
  model.compile({ optimizer: tf.train.adam(1e-3), loss: "meanSquaredError" });

  const net = new Net(work);
  const state = net.stateDict();
  const matrix = (name: string): TfTensor => {
    const { data, shape } = elements(state[name]);
    return tf.tensor2d(data, shape as [number, number]).transpose();
  };
  const vector = (name: string): TfTensor => tf.tensor1d(elements(state[name]).data);
  const weights = [
    matrix("cell.weight_ih_l0"),
    matrix("cell.weight_hh_l0"),
    tf.add(vector("cell.bias_ih_l0"), vector("cell.bias_hh_l0")),
  ];
  if (work.head) weights.push(matrix("head.weight"), vector("head.bias"));
  model.setWeights(weights);
  return model;
}

function elements(x: Tensor): { data: Float32Array; shape: readonly number[] } {
  return { data: x.dataSync() as Float32Array, shape: x.shape };
}
