import {
  concat,
  GRU,
  Linear,
  LSTM,
  Module,
  mseLoss,
  Parameter,
  RNN,
  type Shape,
  type StateDict,
  type Tensor,
  tensor,
} from "unrolled";
import type { ElmanWork, InferenceWork, RecurrentWeights, SubsequencesWork, TrainingWork } from "../works/work.js";

const shaped = (values: Float32Array, shape: Shape): Tensor => tensor(values, { shape });

function layerState(
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  input: number,
  hidden: number,
): StateDict {
  const rows = biasIh.length;
  return {
    weight_ih_l0: shaped(weightIh, [rows, input]),
    weight_hh_l0: shaped(weightHh, [rows, hidden]),
    bias_ih_l0: shaped(biasIh, [rows]),
    bias_hh_l0: shaped(biasHh, [rows]),
  };
}

/** Takes its own last state in with each input. */
export class Elman extends Module {
  readonly w1: Parameter;
  readonly w2: Parameter;

  constructor({ hiddenSize, w1, w2 }: ElmanWork) {
    super();
    this.w1 = new Parameter(shaped(w1, [1 + hiddenSize, hiddenSize]));
    this.w2 = new Parameter(shaped(w2, [hiddenSize, 1]));
  }

  /** input [1, 1] and context [1, hidden] -> prediction [1, 1] and the next context */
  override forward(input: Tensor, context: Tensor): [prediction: Tensor, context: Tensor] {
    const hidden = concat([input, context], 1).matmul(this.w1).tanh();
    return [hidden.matmul(this.w2), hidden];
  }
}

export function sequencePredictor({ hiddenSize, weights }: SubsequencesWork): RNN {
  const rnn = new RNN(1, hiddenSize);
  rnn.loadStateDict(layerState(weights, 1, hiddenSize));
  return rnn;
}

/** The guess at the value after `x` [time, 1]: the last unit of the last state. */
export function predictNext(rnn: RNN, x: Tensor): Tensor {
  const [output] = rnn.forward(x);
  return output.select(0, -1).select(0, -1);
}

/** The layer of a training work, and its head. */
export class Net extends Module {
  readonly cell: LSTM | GRU;
  readonly head: Linear | null;

  constructor({ cell, inputSize, hiddenSize, weights, head }: TrainingWork) {
    super();
    this.cell = new (cell === "LSTM" ? LSTM : GRU)(inputSize, hiddenSize, { batchFirst: true });
    this.cell.loadStateDict(layerState(weights, inputSize, hiddenSize));
    this.head = head ? new Linear(hiddenSize, 1) : null;
    if (head) this.head?.loadStateDict({ weight: shaped(head.weight, [1, hiddenSize]), bias: shaped(head.bias, [1]) });
  }

  override forward(x: Tensor): Tensor {
    const [y] = this.cell.forward(x);
    return this.head ? this.head.forward(y.select(1, -1)) : y;
  }

  loss(x: Tensor, y: Tensor): Tensor {
    return mseLoss(this.forward(x), y);
  }
}

export function trainingBatches({ time, inputSize, hiddenSize, head, batches }: TrainingWork): [Tensor, Tensor][] {
  return batches.map(({ size, x, y }) => [
    shaped(x, [size, time, inputSize]),
    shaped(y, head ? [size, 1] : [size, time, hiddenSize]),
  ]);
}

export function inferenceNet({ inputSize, hiddenSize, weights }: InferenceWork): GRU {
  const gru = new GRU(inputSize, hiddenSize);
  gru.loadStateDict(layerState(weights, inputSize, hiddenSize));
  return gru;
}

export const inferenceInput = ({ time, batch, inputSize, x }: InferenceWork): Tensor =>
  shaped(x, [time, batch, inputSize]);
