// brain.js: its recurrent nets are other models (relu RNN, an output layer, own RMSprop, one sequence at a time), trained as they are.
import * as module from "brain.js";
import { nested, total } from "../dist/arrays.js";

export async function open() {
  const brain = module.recurrent ? module : module.default; // a CommonJS package in Node
  return {
    elman: (work) => elman(internals(brain), work),
    subsequences: (work) => subsequences(brain, work),
    training: (work) => training(brain, work),
    inference: (work) => inference(brain, work),
    product: (work) => product(internals(brain), work),
  };
}

/** The classes that its nets are made of, which it does not export. */
function internals(brain) {
  const net = new brain.recurrent.RNNTimeStep({ inputSize: 1, hiddenLayers: [2], outputSize: 1 });
  net.train([[0, 0.5]], { iterations: 1 });
  return { Equation: net.model.equations[0].constructor, Matrix: net.model.output.constructor };
}

function elman({ Equation, Matrix }, { hiddenSize, learningRate, epochs, x, y, ...initial }) {
  const width = 1 + hiddenSize;
  const w1 = new Matrix(hiddenSize, width);
  const w2 = new Matrix(1, hiddenSize);
  for (let row = 0; row < width; row++)
    for (let column = 0; column < hiddenSize; column++)
      w1.weights[column * width + row] = initial.w1[row * hiddenSize + column];
  w2.weights.set(initial.w2);
  const equation = new Equation();
  const hidden = equation.tanh(equation.multiply(w1, equation.input(new Matrix(width, 1))));
  equation.multiply(w2, hidden);
  const input = new Float32Array(width);
  const target = new Float32Array(1);
  function learn(value, wanted) {
    input[0] = value;
    target[0] = wanted;
    const error = equation.predictTarget(input, target);
    equation.backpropagate();
    for (const { weights, deltas } of [w1, w2])
      for (let i = 0; i < weights.length; i++) weights[i] -= learningRate * deltas[i];
    input.set(hidden.weights, 1);
    return (error * error) / 2;
  }
  return {
    note: "made of its inner Matrix and Equation, with SGD by hand: nothing that it exports can say this net",
    call() {
      let sum = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        sum = 0;
        input.fill(0);
        for (let t = 0; t < x.length; t++) sum += learn(x[t], y[t]);
      }
      return sum;
    },
  };
}

function subsequences(brain, { hiddenSize, series, starts, lengths, updates, firstUpdates }) {
  const net = new brain.recurrent.RNNTimeStep({ inputSize: 1, hiddenLayers: [hiddenSize], outputSize: 1 });
  let next = 0;
  function update() {
    const which = next++ % starts.length;
    const sequence = Array.from(series.subarray(starts[which], starts[which] + lengths[which] + 1));
    return net.train([sequence], { iterations: 1, errorThresh: 0, learningRate: 0.01 }).error;
  }
  return {
    note: "a relu net with an output layer and a loss at every step, by RMSprop",
    otherModel: true,
    call(index) {
      const count = index === 0 ? firstUpdates : updates;
      let sum = 0;
      for (let i = 0; i < count; i++) sum += update();
      return sum / count;
    },
  };
}

function training(brain, { cell, time, inputSize, hiddenSize, head, epochs, learningRate, batches }) {
  const Net = cell === "LSTM" ? brain.recurrent.LSTMTimeStep : brain.recurrent.GRUTimeStep;
  const net = new Net({ inputSize, hiddenLayers: [hiddenSize], outputSize: inputSize });
  const sequences = batches.flatMap(({ size, x, y }) =>
    Array.from({ length: size }, (_, b) => {
      const window = x.subarray(b * time * inputSize, (b + 1) * time * inputSize);
      return head ? [...window, y[b]] : nested(window, time, inputSize);
    }),
  );
  return {
    note: "an update for each sequence instead of each batch, a loss at every step, an output layer, RMSprop",
    otherModel: true,
    call: () =>
      Array.from({ length: epochs }, () => net.train(sequences, { iterations: 1, errorThresh: 0, learningRate }).error),
  };
}

function inference(brain, { batch, time, inputSize, hiddenSize, x }) {
  const net = new brain.recurrent.GRUTimeStep({ inputSize, hiddenLayers: [hiddenSize], outputSize: inputSize });
  const rows = nested(x, time * batch, inputSize);
  const sequences = Array.from({ length: batch }, (_, b) => rows.filter((_row, i) => i % batch === b));
  net.train([sequences[0].slice(0, 2)], { iterations: 1 }); // a net that was never trained refuses to run
  return {
    note: "an output layer more, weights of its own, and one sequence after another",
    otherModel: true,
    call: () => sequences.reduce((sum, sequence) => sum + total(net.run(sequence)), 0),
  };
}

function product({ Equation, Matrix }, { size, a, b }) {
  const [left, right] = [a, b].map((values) => {
    const matrix = new Matrix(size, size);
    matrix.weights.set(values);
    return matrix;
  });
  const equation = new Equation();
  const result = equation.multiply(left, right);
  return {
    note: "its inner Matrix, whose product also clears both gradients",
    call() {
      equation.runInput(null);
    },
    values: () => [result.weights[1], result.weights[(size - 1) * size + 2]],
  };
}
