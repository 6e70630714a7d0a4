import { timeMajor } from "../arrays.js";
import type { Run } from "../run.js";
import type { TrainingWork } from "../works/work.js";
import { PlainAdam } from "./adam.js";
import { PlainGru } from "./gru.js";
import { PlainLstm } from "./lstm.js";
import { type PlainLayer, plainParameters } from "./recurrent.js";

interface PlainBatch {
  readonly size: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

export function plainTraining(work: TrainingWork): Run {
  const { cell, time, inputSize, hiddenSize, learningRate, epochs } = work;
  const gates = cell === "LSTM" ? 4 : 3;
  const Layer = cell === "LSTM" ? PlainLstm : PlainGru;
  const layer = new Layer(inputSize, hiddenSize, plainParameters(work.weights, gates, inputSize, hiddenSize));
  const head = work.head && { weight: work.head.weight.slice(), bias: work.head.bias.slice() };
  const { w, u, biasIh, biasHh } = layer.parameters;
  const adam = new PlainAdam([w, u, biasIh, biasHh, ...(head ? [head.weight, head.bias] : [])], learningRate);
  const batches = work.batches.map(({ size, x, y }) => ({
    size,
    x: timeMajor(x, size, time, inputSize),
    y: head ? y : timeMajor(y, size, time, hiddenSize),
  }));
  const step = (batch: PlainBatch): number =>
    head ? stepOnLast(layer, head, adam, batch, time) : stepOnAll(layer, adam, batch, time);
  return {
    call: () => Array.from({ length: epochs }, () => batches.reduce((sum, batch) => sum + step(batch), 0)),
  };
}

function stepOnAll(layer: PlainLayer, adam: PlainAdam, { size, x, y }: PlainBatch, time: number): number {
  const hidden = layer.forward(x, time, size);
  const first = hidden.length - y.length;
  const gradient = new Float32Array(y.length);
  let loss = 0;
  for (let i = 0; i < y.length; i++) {
    const error = hidden[first + i] - y[i];
    loss += error * error;
    gradient[i] = (2 * error) / y.length;
  }
  adam.step(layer.backward(gradient));
  return loss / y.length;
}

function stepOnLast(
  layer: PlainLayer,
  { weight, bias }: { weight: Float32Array; bias: Float32Array },
  adam: PlainAdam,
  { size, x, y }: PlainBatch,
  time: number,
): number {
  const hidden = layer.forward(x, time, size);
  const width = weight.length;
  const gradient = new Float32Array(time * size * width);
  const dWeight = new Float32Array(width);
  const dBias = new Float32Array(1);
  let loss = 0;
  for (let b = 0; b < size; b++) {
    const state = hidden.subarray((time * size + b) * width);
    let prediction = bias[0];
    for (let j = 0; j < width; j++) prediction += state[j] * weight[j];
    const error = prediction - y[b];
    const slope = (2 * error) / size;
    loss += (error * error) / size;
    dBias[0] += slope;
    for (let j = 0; j < width; j++) {
      dWeight[j] += slope * state[j];
      gradient[((time - 1) * size + b) * width + j] = slope * weight[j];
    }
  }
  adam.step([...layer.backward(gradient), dWeight, dBias]);
  return loss;
}
