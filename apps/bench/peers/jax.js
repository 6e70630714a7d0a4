// jax-js under jit on its wasm device. Arrays are moved unless `.ref` takes another reference.
import * as jax from "@jax-js/jax";
import { timeMajor, total, transposed } from "../dist/arrays.js";

const np = jax.numpy;
const shaped = (values, shape) => np.array(values).reshape(shape);
const scalar = (value) => np.array(Float32Array.of(value)).reshape([]);
const mapValues = (record, map) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
const references = (record) => mapValues(record, (array) => array.ref);

export async function open() {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return { elman, subsequences, training, inference, product, addition };
}

function elman({ hiddenSize, learningRate, epochs, x, y, ...initial }) {
  const lossOf = ({ w1, w2 }, input, context, target) => {
    const hidden = np.tanh(np.matmul(np.concatenate([input, context], 1), w1));
    const error = np.matmul(hidden.ref, w2).sub(target);
    return [np.sum(np.square(error)).mul(0.5), hidden];
  };
  const gradient = jax.valueAndGrad(lossOf, { hasAux: true });
  const step = jax.jit((weights, input, context, target) => {
    const [[loss, hidden], slopes] = gradient(references(weights), input, context, target);
    return [mapValues(weights, (weight, key) => weight.sub(slopes[key].mul(learningRate))), loss, hidden];
  });
  let weights = { w1: shaped(initial.w1, [1 + hiddenSize, hiddenSize]), w2: shaped(initial.w2, [hiddenSize, 1]) };
  const one = (value) => shaped(Float32Array.of(value), [1, 1]);
  const [inputs, targets] = [Array.from(x, one), Array.from(y, one)];
  return {
    call() {
      let sum = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        sum = 0;
        let context = np.zeros([1, hiddenSize]);
        for (let t = 0; t < inputs.length; t++) {
          let loss;
          [weights, loss, context] = step(weights, inputs[t].ref, context, targets[t].ref);
          sum += loss.dataSync()[0];
        }
        context.dispose();
      }
      return sum;
    },
  };
}

const layerWeights = ({ weightIh, weightHh, biasIh, biasHh }, input, hidden) => {
  const rows = biasIh.length;
  return {
    wIh: shaped(transposed(weightIh, rows, input), [input, rows]),
    wHh: shaped(transposed(weightHh, rows, hidden), [hidden, rows]),
    biasIh: np.array(biasIh),
    biasHh: np.array(biasHh),
  };
};

function subsequences({ hiddenSize, learningRate, series, starts, lengths, weights, updates, firstUpdates }) {
  const lossOf = ({ wIh, wHh, biasIh, biasHh }, points, target) => {
    let hidden = np.zeros([1, hiddenSize]);
    points.forEach((point, t) => {
      const last = t === points.length - 1;
      const use = (array) => (last ? array : array.ref);
      const fromState = np.matmul(hidden, use(wHh)).add(use(biasHh));
      hidden = np.tanh(np.matmul(point, use(wIh)).add(use(biasIh)).add(fromState));
    });
    return np.mean(np.square(hidden.slice([], [hiddenSize - 1, hiddenSize]).sub(target)));
  };
  const gradient = jax.valueAndGrad(lossOf);
  const step = jax.jit((state, points, target) => {
    const [loss, slopes] = gradient(references(state), points, target);
    return [loss, mapValues(state, (weight, key) => weight.sub(slopes[key].mul(learningRate)))];
  });
  const points = Array.from(series, (value) => shaped(Float32Array.of(value), [1, 1]));
  let state = layerWeights(weights, 1, hiddenSize);
  let next = 0;
  function update() {
    const which = next++ % starts.length;
    const [start, end] = [starts[which], starts[which] + lengths[which]];
    let loss;
    [loss, state] = step(
      state,
      points.slice(start, end).map((point) => point.ref),
      points[end].ref,
    );
    return loss.dataSync()[0];
  }
  return {
    note: "compiles each of the 32 lengths once, most of them before the timed calls",
    call(index) {
      const count = index === 0 ? firstUpdates : updates;
      let sum = 0;
      for (let i = 0; i < count; i++) sum += update();
      return sum / count;
    },
  };
}

/** One LSTM step from the gates' inputs. */
function lstmStep(gates, cell) {
  const [i, f, g, o] = np.split(gates, 4, 1);
  const next = jax.nn
    .sigmoid(f)
    .mul(cell)
    .add(jax.nn.sigmoid(i).mul(np.tanh(g)));
  return [jax.nn.sigmoid(o).mul(np.tanh(next.ref)), next];
}

/** One GRU step from the input's and the state's products. */
function gruStep(fromInput, fromState, hidden) {
  const [xr, xz, xn] = np.split(fromInput, 3, 1);
  const [hr, hz, hn] = np.split(fromState, 3, 1);
  const [r, z] = [jax.nn.sigmoid(xr.add(hr)), jax.nn.sigmoid(xz.add(hz))];
  const n = np.tanh(xn.add(r.mul(hn)));
  return n.ref.add(z.mul(hidden.sub(n)));
}

/** Outputs of each step, with the input's product for all steps at once. x [time * batch, input] */
function unrolled(cellName, { wIh, wHh, biasIh, biasHh }, x, time, batch) {
  const [hiddenSize, rows] = wHh.shape;
  const fed = np.split(np.matmul(x, wIh).add(biasIh).reshape([time, batch, rows]), time, 0);
  let hidden = np.zeros([batch, hiddenSize]);
  let cell = cellName === "LSTM" ? np.zeros([batch, hiddenSize]) : null;
  const outputs = fed.map((step, t) => {
    const use = (array) => (t === time - 1 ? array : array.ref);
    const fromInput = step.reshape([batch, rows]);
    if (cell === null) {
      const fromState = np.matmul(hidden.ref, use(wHh)).add(use(biasHh));
      hidden = gruStep(fromInput, fromState, hidden);
    } else {
      const fromState = np.matmul(hidden, use(wHh));
      [hidden, cell] = lstmStep(fromInput.add(fromState).add(use(biasHh)), cell);
    }
    return hidden.ref;
  });
  hidden.dispose();
  cell?.dispose();
  return outputs;
}

function training(work) {
  const { time, inputSize, hiddenSize, head, learningRate, epochs } = work;
  const lossOf = ({ weight, bias, ...layer }, x, y, batch) => {
    const outputs = unrolled(work.cell, layer, x, time, batch);
    if (!head) return np.mean(np.square(np.stack(outputs, 0).sub(y)));
    const last = outputs.pop();
    for (const output of outputs) output.dispose();
    return np.mean(np.square(np.matmul(last, weight).add(bias).sub(y)));
  };
  const step = jax.jit((weights, means, squares, rate, correction, x, y) => {
    const batch = y.shape[head ? 0 : 1];
    const [loss, slopes] = jax.valueAndGrad((given) => lossOf(given, x, y, batch))(references(weights));
    const newMeans = mapValues(means, (mean, key) => mean.mul(0.9).add(slopes[key].ref.mul(0.1)));
    const newSquares = mapValues(squares, (square, key) => square.mul(0.999).add(np.square(slopes[key]).mul(0.001)));
    const newWeights = mapValues(weights, (weight, key) => {
      const root = np.sqrt(newSquares[key].ref).mul(correction.ref).add(1e-8);
      return weight.sub(newMeans[key].ref.mul(rate.ref).div(root));
    });
    rate.dispose();
    correction.dispose();
    return [newWeights, newMeans, newSquares, loss];
  });

  let weights = layerWeights(work.weights, inputSize, hiddenSize);
  if (head) weights = { ...weights, weight: shaped(head.weight, [hiddenSize, 1]), bias: np.array(head.bias) };
  const zeros = () => mapValues(weights, ({ shape }) => np.zeros(shape));
  let [means, squares, steps] = [zeros(), zeros(), 0];
  const batches = work.batches.map(({ size, x, y }) => ({
    x: shaped(timeMajor(x, size, time, inputSize), [time * size, inputSize]),
    y: head ? shaped(y, [size, 1]) : shaped(timeMajor(y, size, time, hiddenSize), [time, size, hiddenSize]),
  }));
  function learn({ x, y }) {
    steps++;
    const rate = scalar(learningRate / (1 - 0.9 ** steps));
    const correction = scalar((1 - 0.999 ** steps) ** -0.5);
    let loss;
    [weights, means, squares, loss] = step(weights, means, squares, rate, correction, x.ref, y.ref);
    return loss.dataSync()[0];
  }
  return {
    call: () => Array.from({ length: epochs }, () => batches.reduce((sum, batch) => sum + learn(batch), 0)),
  };
}

function inference({ batch, time, inputSize, hiddenSize, weights, x }) {
  const run = jax.jit((layer, input) => np.stack(unrolled("GRU", layer, input, time, batch), 0));
  const layer = layerWeights(weights, inputSize, hiddenSize);
  const input = shaped(x, [time * batch, inputSize]);
  return {
    call() {
      const outputs = run(references(layer), input.ref).dataSync();
      return total(outputs.subarray(outputs.length - batch * hiddenSize));
    },
  };
}

function product({ size, a, b }) {
  const [left, right] = [shaped(a, [size, size]), shaped(b, [size, size])];
  const multiply = jax.jit((one, other) => np.matmul(one, other));
  return {
    async call() {
      const result = multiply(left.ref, right.ref);
      await result.blockUntilReady();
      result.dispose();
    },
    values() {
      const data = multiply(left.ref, right.ref).dataSync();
      return [data[1], data[(size - 1) * size + 2]];
    },
  };
}

function addition({ a, b, count, gradient }) {
  const [left, right] = [a, b].map((values) => shaped(values, [1, values.length]));
  const differentiate = jax.valueAndGrad((one, other) => np.sum(np.add(one, other)));
  const add = () => np.add(left.ref, right.ref).dataSync();
  const addAndDifferentiate = () => {
    const [sum, slopes] = differentiate(left.ref, right.ref);
    sum.dispose();
    return slopes.dataSync();
  };
  const once = gradient ? addAndDifferentiate : add;
  return {
    note: "without jit; the result is read, as nothing is computed before",
    call() {
      for (let i = 0; i < count; i++) once();
    },
    values: () => [total(once())],
  };
}
