import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { added, reorderedGates, total, transposed } from "../arrays.js";
import { type Run, Unavailable } from "../run.js";
import type { InferenceWork, TrainingWork } from "../works/work.js";

export type Tf = typeof import("@tensorflow/tfjs");

/** tf.layers' LSTM, as a user of TensorFlow.js trains it. */
export function layersTraining(tf: Tf, work: TrainingWork): Run {
  if (work.cell === "GRU") throw new Unavailable("tf.layers has no GRU with the reset after the product");
  const model = lstmModel(tf, work);
  const { time, inputSize, hiddenSize, head } = work;
  const batches = work.batches.map(({ size, x, y }) => ({
    x: tf.tensor3d(x, [size, time, inputSize]),
    y: head ? tf.tensor2d(y, [size, 1]) : tf.tensor3d(y, [size, time, hiddenSize]),
  }));
  return {
    note: "one bias vector where PyTorch has two: the losses drift apart from the second step on",
    otherModel: true,
    async call() {
      const sums: number[] = [];
      for (let epoch = 0; epoch < work.epochs; epoch++) {
        let sum = 0;
        for (const { x, y } of batches) sum += Number(await model.trainOnBatch(x, y));
        sums.push(sum);
      }
      return sums;
    },
  };
}

function lstmModel(tf: Tf, { time, inputSize, hiddenSize, weights, head, learningRate }: TrainingWork): LayersModel {
  const model = tf.sequential();
  model.add(
    tf.layers.lstm({
      units: hiddenSize,
      inputShape: [time, inputSize],
      returnSequences: head === null,
      recurrentActivation: "sigmoid",
      unitForgetBias: false,
      recurrentInitializer: "zeros", // replaced below; the default is slow
    }),
  );
  if (head) model.add(tf.layers.dense({ units: 1 }));
  model.compile({ optimizer: tf.train.adam(learningRate), loss: "meanSquaredError" });
  const rows = 4 * hiddenSize;
  const initial: Tensor[] = [
    tf.tensor2d(transposed(weights.weightIh, rows, inputSize), [inputSize, rows]),
    tf.tensor2d(transposed(weights.weightHh, rows, hiddenSize), [hiddenSize, rows]),
    tf.tensor1d(added(weights.biasIh, weights.biasHh)),
  ];
  if (head) initial.push(tf.tensor2d(head.weight, [hiddenSize, 1]), tf.tensor1d(head.bias));
  model.setWeights(initial);
  return model;
}

/** tf.layers' GRU: gates in the order z, r, n, and the reset before the product. */
export function layersInference(tf: Tf, work: InferenceWork): Run {
  const { batch, time, inputSize, hiddenSize, weights, x } = work;
  const model = tf.sequential();
  model.add(
    tf.layers.gru({
      units: hiddenSize,
      inputShape: [time, inputSize],
      recurrentActivation: "sigmoid",
      recurrentInitializer: "zeros",
    }),
  );
  const order = [1, 0, 2];
  const rows = 3 * hiddenSize;
  const wIh = reorderedGates(weights.weightIh, hiddenSize, inputSize, order);
  const wHh = reorderedGates(weights.weightHh, hiddenSize, hiddenSize, order);
  const bias = reorderedGates(added(weights.biasIh, weights.biasHh), hiddenSize, 1, order);
  model.setWeights([
    tf.tensor2d(transposed(wIh, rows, inputSize), [inputSize, rows]),
    tf.tensor2d(transposed(wHh, rows, hiddenSize), [hiddenSize, rows]),
    tf.tensor1d(bias),
  ]);
  const input = tf.transpose(tf.tensor3d(x, [time, batch, inputSize]), [1, 0, 2]);
  return {
    note: "resets before the product, so its sum is another",
    otherModel: true,
    call() {
      const state = model.predict(input) as Tensor;
      const sum = total(state.dataSync());
      state.dispose();
      return sum;
    },
  };
}
