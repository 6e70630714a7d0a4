// js-pytorch: double precision in nested arrays; tanh, sigmoid, SGD, concat and slices are composed here, as it has none.
import { torch } from "js-pytorch";
import { nested, timeMajor, total, transposed } from "../dist/arrays.js";

const tensor = (values, rows, columns, requiresGrad = false) =>
  torch.tensor(nested(values, rows, columns), requiresGrad);
const vector = (values) => torch.tensor(Array.from(values), true);
const sigmoid = (x) => torch.div(1, torch.exp(x.neg()).add(1));
const tanh = (x) => torch.div(2, torch.exp(x.mul(-2)).add(1)).add(-1);

function descend(parameter, rate) {
  const { grad } = parameter;
  parameter._data = parameter._data.map((row, i) => row.map((value, j) => value - rate * grad[i][j]));
  parameter.zero_grad();
}

export async function open() {
  return { elman, subsequences, training, inference, product, addition };
}

function elman({ hiddenSize, learningRate, epochs, x, y, ...initial }) {
  const w1 = tensor(initial.w1, 1 + hiddenSize, hiddenSize, true);
  const w2 = tensor(initial.w2, hiddenSize, 1, true);
  function learn(value, context, target) {
    const hidden = tanh(torch.tensor([[value, ...context]]).matmul(w1));
    const loss = hidden
      .matmul(w2)
      .sub(torch.tensor([[target]]))
      .pow(2)
      .div(2);
    loss.backward();
    for (const weight of [w1, w2]) descend(weight, learningRate);
    return [loss.data[0][0], hidden.data[0]];
  }
  return {
    call() {
      let sum = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        sum = 0;
        let context = new Array(hiddenSize).fill(0);
        for (let t = 0; t < x.length; t++) {
          let loss;
          [loss, context] = learn(x[t], context, y[t]);
          sum += loss;
        }
      }
      return sum;
    },
  };
}

function subsequences({ hiddenSize, learningRate, series, starts, lengths, weights, updates, firstUpdates }) {
  const wIh = tensor(weights.weightIh, 1, hiddenSize, true);
  const wHh = tensor(transposed(weights.weightHh, hiddenSize, hiddenSize), hiddenSize, hiddenSize, true);
  const [biasIh, biasHh] = [weights.biasIh, weights.biasHh].map((bias) => tensor(bias, 1, hiddenSize, true));
  const lastUnit = torch.tensor(Array.from({ length: hiddenSize }, (_, unit) => [unit === hiddenSize - 1 ? 1 : 0]));
  let next = 0;
  function update() {
    const which = next++ % starts.length;
    const [start, end] = [starts[which], starts[which] + lengths[which]];
    let hidden = torch.zeros([1, hiddenSize]);
    for (let t = start; t < end; t++) {
      const fromInput = torch
        .tensor([[series[t]]])
        .matmul(wIh)
        .add(biasIh);
      hidden = tanh(fromInput.add(hidden.matmul(wHh).add(biasHh)));
    }
    const loss = hidden
      .matmul(lastUnit)
      .sub(torch.tensor([[series[end]]]))
      .pow(2);
    loss.backward();
    for (const weight of [wIh, wHh, biasIh, biasHh]) descend(weight, learningRate);
    return loss.data[0][0];
  }
  return {
    call(index) {
      const count = index === 0 ? firstUpdates : updates;
      let sum = 0;
      for (let i = 0; i < count; i++) sum += update();
      return sum / count;
    },
  };
}

/** Weights of each gate apart. */
function gatesOf({ weightIh, weightHh, biasIh, biasHh }, gates, input, hidden) {
  return Array.from({ length: gates }, (_, gate) => {
    const part = (values, width) => values.subarray(gate * hidden * width, (gate + 1) * hidden * width);
    return {
      wIh: tensor(transposed(part(weightIh, input), hidden, input), input, hidden, true),
      wHh: tensor(transposed(part(weightHh, hidden), hidden, hidden), hidden, hidden, true),
      biasIh: vector(part(biasIh, 1)),
      biasHh: vector(part(biasHh, 1)),
    };
  });
}

function lstmStep(gates, x, [hidden, cell]) {
  const [i, f, g, o] = gates.map(({ wIh, wHh, biasIh, biasHh }) =>
    x.matmul(wIh).add(biasIh).add(hidden.matmul(wHh)).add(biasHh),
  );
  const next = sigmoid(f)
    .mul(cell)
    .add(sigmoid(i).mul(tanh(g)));
  return [sigmoid(o).mul(tanh(next)), next];
}

function gruStep(gates, x, [hidden]) {
  const [xr, xz, xn] = gates.map(({ wIh, biasIh }) => x.matmul(wIh).add(biasIh));
  const [hr, hz, hn] = gates.map(({ wHh, biasHh }) => hidden.matmul(wHh).add(biasHh));
  const [r, z] = [sigmoid(xr.add(hr)), sigmoid(xz.add(hz))];
  const n = tanh(xn.add(r.mul(hn)));
  return [n.add(z.mul(hidden.sub(n)))];
}

const steps = { LSTM: { step: lstmStep, gates: 4, states: 2 }, GRU: { step: gruStep, gates: 3, states: 1 } };

function slices(values, time, batch, width) {
  return Array.from({ length: time }, (_, t) =>
    tensor(values.subarray(t * batch * width, (t + 1) * batch * width), batch, width),
  );
}

function training({ cell, time, inputSize, hiddenSize, weights, head, epochs, learningRate, ...work }) {
  const kind = steps[cell];
  const gates = gatesOf(weights, kind.gates, inputSize, hiddenSize);
  const out = head && [tensor(head.weight, hiddenSize, 1, true), vector(head.bias)];
  const parameters = [...gates.flatMap((gate) => Object.values(gate)), ...(out ?? [])];
  const adam = new torch.optim.Adam(parameters, learningRate, 0, [0.9, 0.999], 1e-8);
  const batches = work.batches.map(({ size, x, y }) => ({
    size,
    xs: slices(timeMajor(x, size, time, inputSize), time, size, inputSize),
    ys: head ? [tensor(y, size, 1)] : slices(timeMajor(y, size, time, hiddenSize), time, size, hiddenSize),
  }));
  function learn({ size, xs, ys }) {
    let state = Array.from({ length: kind.states }, () => torch.zeros([size, hiddenSize]));
    let loss = null;
    xs.forEach((x, t) => {
      state = kind.step(gates, x, state);
      if (out) return;
      const squares = state[0]
        .sub(ys[t])
        .pow(2)
        .sum(0)
        .sum(0)
        .div(size * time * hiddenSize);
      loss = loss === null ? squares : loss.add(squares);
    });
    if (out) loss = state[0].matmul(out[0]).add(out[1]).sub(ys[0]).pow(2).sum(0).div(size);
    loss.backward();
    adam.step();
    adam.zero_grad();
    return [loss.data].flat(2)[0];
  }
  return {
    note: "its Adam has no bias correction: the losses drift apart from the second step on",
    otherModel: true,
    call: () => Array.from({ length: epochs }, () => batches.reduce((sum, batch) => sum + learn(batch), 0)),
  };
}

function inference({ batch, time, inputSize, hiddenSize, weights, x }) {
  const gates = gatesOf(weights, 3, inputSize, hiddenSize);
  const xs = slices(x, time, batch, inputSize);
  return {
    call() {
      let hidden = torch.zeros([batch, hiddenSize]);
      for (const step of xs) {
        [hidden] = gruStep(gates, step, [hidden]);
        hidden.operation = null; // there is no way to leave gradients out: without this every op keeps its inputs
      }
      return total(hidden.data.flat());
    },
  };
}

function product({ size, a, b }) {
  const [left, right] = [tensor(a, size, size), tensor(b, size, size)];
  let result;
  return {
    call() {
      result = torch.matmul(left, right);
    },
    values: () => [result.data[0][1], result.data[size - 1][2]],
  };
}

function addition({ a, b, count, gradient }) {
  const [left, right] = [a, b].map((values) => tensor(values, 1, values.length));
  const first = tensor(a, 1, a.length, true);
  let result = left;
  const add = () => {
    result = torch.add(left, right);
  };
  const addAndDifferentiate = () => {
    torch.add(first, right).sum(1).sum(0).backward();
    first.zero_grad();
  };
  const once = gradient ? addAndDifferentiate : add;
  return {
    call() {
      for (let i = 0; i < count; i++) once();
    },
    values() {
      if (!gradient) return [total(result.data.flat())];
      torch.add(first, right).sum(1).sum(0).backward();
      return [total(first.grad.flat())];
    },
  };
}
