import type { Run } from "../run.js";
import type { SubsequencesWork } from "../works/work.js";

export function plainSubsequences(work: SubsequencesWork): Run {
  const { hiddenSize: size, learningRate, series, starts, lengths, updates, firstUpdates } = work;
  const [wIh, wHh] = [work.weights.weightIh.slice(), work.weights.weightHh.slice()];
  const [biasIh, biasHh] = [work.weights.biasIh.slice(), work.weights.biasHh.slice()];
  const states = new Float32Array((series.length + 1) * size);
  const dHidden = new Float32Array(size);
  const dSum = new Float32Array(size);
  const dIh = new Float32Array(size);
  const dHh = new Float32Array(size * size);
  const dBias = new Float32Array(size);
  let next = 0;

  function forward(start: number, length: number): number {
    for (let t = 0; t < length; t++) {
      const from = t * size;
      for (let j = 0; j < size; j++) {
        let sum = series[start + t] * wIh[j] + biasIh[j] + biasHh[j];
        for (let k = 0; k < size; k++) sum += wHh[j * size + k] * states[from + k];
        states[from + size + j] = Math.tanh(sum);
      }
    }
    return states[length * size + size - 1];
  }

  function backward(start: number, length: number, slope: number): void {
    for (const gradient of [dHidden, dIh, dHh, dBias]) gradient.fill(0);
    dHidden[size - 1] = slope;
    for (let t = length - 1; t >= 0; t--) {
      const from = t * size;
      for (let j = 0; j < size; j++) {
        const h = states[from + size + j];
        dSum[j] = dHidden[j] * (1 - h * h);
        dIh[j] += dSum[j] * series[start + t];
        dBias[j] += dSum[j];
      }
      for (let k = 0; k < size; k++) {
        let sum = 0;
        for (let j = 0; j < size; j++) {
          sum += wHh[j * size + k] * dSum[j];
          dHh[j * size + k] += dSum[j] * states[from + k];
        }
        dHidden[k] = sum;
      }
    }
  }

  function update(start: number, length: number): number {
    const error = forward(start, length) - series[start + length];
    backward(start, length, 2 * error);
    for (let j = 0; j < size; j++) {
      wIh[j] -= learningRate * dIh[j];
      biasIh[j] -= learningRate * dBias[j];
      biasHh[j] -= learningRate * dBias[j];
    }
    for (let j = 0; j < wHh.length; j++) wHh[j] -= learningRate * dHh[j];
    return error * error;
  }

  return {
    call(index) {
      const count = index === 0 ? firstUpdates : updates;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const which = next++ % starts.length;
        sum += update(starts[which], lengths[which]);
      }
      return sum / count;
    },
  };
}
