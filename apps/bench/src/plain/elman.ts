import type { Run } from "../run.js";
import type { ElmanWork } from "../works/work.js";

/** Forward, gradient and update of one point in a few loops, over weights that are changed in place. */
export function plainElman({ hiddenSize: size, learningRate, epochs, x, y, ...initial }: ElmanWork): Run {
  const w1 = initial.w1.slice();
  const w2 = initial.w2.slice();
  const input = new Float32Array(1 + size);
  const hidden = new Float32Array(size);

  function learn(value: number, target: number): number {
    input[0] = value;
    input.set(hidden, 1);
    let prediction = 0;
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let i = 0; i <= size; i++) sum += input[i] * w1[i * size + j];
      hidden[j] = Math.tanh(sum);
      prediction += hidden[j] * w2[j];
    }
    const error = prediction - target;
    for (let j = 0; j < size; j++) {
      const slope = learningRate * error * w2[j] * (1 - hidden[j] * hidden[j]);
      w2[j] -= learningRate * error * hidden[j];
      for (let i = 0; i <= size; i++) w1[i * size + j] -= slope * input[i];
    }
    return (error * error) / 2;
  }

  return {
    call() {
      let loss = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        loss = 0;
        hidden.fill(0);
        for (let t = 0; t < x.length; t++) loss += learn(x[t], y[t]);
      }
      return loss;
    },
  };
}
