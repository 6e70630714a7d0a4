import { total } from "../arrays.js";
import type { Run } from "../run.js";
import type { AdditionWork, InferenceWork, ProductWork } from "../works/work.js";
import { PlainGru } from "./gru.js";
import { multiplyAdd } from "./products.js";
import { plainParameters } from "./recurrent.js";

export function plainInference({ batch, time, inputSize, hiddenSize, weights, x }: InferenceWork): Run {
  const layer = new PlainGru(inputSize, hiddenSize, plainParameters(weights, 3, inputSize, hiddenSize));
  return { call: () => total(layer.forward(x, time, batch).subarray(time * batch * hiddenSize)) };
}

export function plainProduct({ size, a, b }: ProductWork): Run {
  let result = new Float32Array(0);
  return {
    call() {
      result = new Float32Array(size * size);
      multiplyAdd(a, b, result, [size, size, size]);
    },
    values: () => [result[1], result[(size - 1) * size + 2]],
  };
}

export function plainAddition({ a, b, count, gradient }: AdditionWork): Run {
  const slopes = new Float32Array(a.length);
  let result = new Float32Array(a.length);
  return {
    call() {
      for (let i = 0; i < count; i++) {
        result = new Float32Array(a.length);
        for (let j = 0; j < a.length; j++) result[j] = a[j] + b[j];
        if (gradient) for (let j = 0; j < a.length; j++) slopes[j] = 1;
      }
    },
    values: () => [total(gradient ? slopes : result)],
  };
}
