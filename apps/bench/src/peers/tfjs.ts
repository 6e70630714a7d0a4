import type { Scalar, Tensor, Tensor2D, Variable } from "@tensorflow/tfjs";
import { total, transposed } from "../arrays.js";
import type { Family } from "../run.js";
import type { RecurrentWeights } from "../works/work.js";
import { layersInference, layersTraining, type Tf } from "./tfjs-layers.js";

/** TensorFlow.js on its active engine: ops and a tape for small works, tf.layers for training and inference. */
export function tfjsFamily(tf: Tf): Family {
  const isGpu = tf.getBackend().startsWith("webg");
  const cell = (value: number): Tensor2D => tf.tensor2d([value], [1, 1]);

  /** A variable does not take over its initial tensor. */
  function variable(values: Float32Array, shape: number[]): Variable {
    const initial = tf.tensor(values, shape);
    const result = tf.variable(initial);
    initial.dispose();
    return result;
  }

  function rnnVariables({ weightIh, weightHh, biasIh, biasHh }: RecurrentWeights, size: number) {
    return {
      wIh: variable(weightIh, [1, size]),
      wHh: variable(transposed(weightHh, size, size), [size, size]),
      biasIh: variable(biasIh, [size]),
      biasHh: variable(biasHh, [size]),
    };
  }

  return {
    elman({ hiddenSize, learningRate, epochs, ...work }) {
      const optimizer = tf.train.sgd(learningRate);
      const w1 = variable(work.w1, [1 + hiddenSize, hiddenSize]);
      const w2 = variable(work.w2, [hiddenSize, 1]);
      const [inputs, targets] = [Array.from(work.x, cell), Array.from(work.y, cell)];

      function epoch(): number {
        let sum = 0;
        let context: Tensor = tf.zeros([1, hiddenSize]);
        inputs.forEach((input, t) => {
          let next = context;
          const loss = optimizer.minimize(() => {
            const hidden = tf.tanh(tf.matMul(tf.concat([input, context as Tensor2D], 1), w1));
            next = tf.keep(hidden.clone());
            const error = tf.sub(tf.matMul(hidden, w2), targets[t]);
            return tf.sum(tf.div(tf.square(error), 2)) as Scalar;
          }, true) as Scalar;
          sum += loss.dataSync()[0];
          tf.dispose([loss, context]);
          context = next;
        });
        context.dispose();
        return sum;
      }
      return {
        call() {
          let loss = 0;
          for (let i = 0; i < epochs; i++) loss = epoch();
          return loss;
        },
      };
    },

    subsequences({ hiddenSize, learningRate, series, starts, lengths, weights, updates, firstUpdates }) {
      const optimizer = tf.train.sgd(learningRate);
      const { wIh, wHh, biasIh, biasHh } = rnnVariables(weights, hiddenSize);
      const points = Array.from(series, cell);
      let next = 0;

      function update(): number {
        const which = next++ % starts.length;
        const [start, end] = [starts[which], starts[which] + lengths[which]];
        const loss = optimizer.minimize(() => {
          let hidden: Tensor = tf.zeros([1, hiddenSize]);
          for (let t = start; t < end; t++) {
            const fromInput = tf.add(tf.matMul(points[t], wIh), biasIh);
            hidden = tf.tanh(tf.add(fromInput, tf.add(tf.matMul(hidden, wHh), biasHh)));
          }
          const guess = tf.slice(hidden, [0, hiddenSize - 1], [1, 1]);
          return tf.mean(tf.squaredDifference(guess, points[end])) as Scalar;
        }, true) as Scalar;
        const value = loss.dataSync()[0];
        loss.dispose();
        return value;
      }
      return {
        call(index) {
          const count = index === 0 ? firstUpdates : updates;
          let sum = 0;
          for (let i = 0; i < count; i++) sum += update();
          return sum / count;
        },
      };
    },

    training: (work) => layersTraining(tf, work),
    inference: (work) => layersInference(tf, work),

    product({ size, a, b }) {
      const [left, right] = [a, b].map((values) => tf.tensor2d(values, [size, size]));
      const ends = (): number[] => {
        const result = tf.matMul(left, right);
        const data = result.dataSync();
        result.dispose();
        return [data[1], data[(size - 1) * size + 2]];
      };
      if (isGpu) return { call: ends, note: "reads the result, as nothing else waits for it" };
      return { call: () => void tf.matMul(left, right).dispose(), values: ends };
    },

    addition({ a, b, count, gradient }) {
      const [left, right] = [a, b].map((values) => tf.tensor2d(values, [1, values.length]));
      const first = tf.variable(left);
      const differentiate = (): Tensor =>
        tf.variableGrads(() => tf.sum(tf.add(first, right)) as Scalar, [first]).grads[first.name];
      const once = (): void => {
        if (gradient) tf.tidy(() => void differentiate());
        else tf.add(left, right).dispose();
      };
      return {
        ...(isGpu && { note: "only queued: nothing waits for the engine" }),
        call() {
          for (let i = 0; i < count; i++) once();
        },
        values: () => [total(tf.tidy(() => (gradient ? differentiate() : tf.add(left, right)).dataSync()))],
      };
    },
  };
}
