// An Elman network learns a sine, one point at a time, with nothing but tensors and their gradients.
import {
  concat,
  elmanSine,
  manualSeed,
  noGrad,
  randn,
  scope,
  setDefaultBackend,
  type Tensor,
  tensor,
  zeros,
} from "unrolled";
import { openBackend } from "./lib/backends.js";
import { readOptions } from "./lib/options.js";
import { runIfProgram } from "./lib/program.js";
import { showChart } from "./lib/show-chart.js";

const [inputSize, hiddenSize, outputSize] = [1, 6, 1];
const learningRate = 0.1;

export interface Weights {
  /** From input and context to the hidden layer, [7, 6]. */
  readonly w1: Tensor;
  /** From the hidden layer to the output, [6, 1]. */
  readonly w2: Tensor;
}

function initialWeights(): Weights {
  return {
    w1: randn([inputSize + hiddenSize, hiddenSize], { std: 0.4, requiresGrad: true }),
    w2: randn([hiddenSize, outputSize], { std: 0.3, requiresGrad: true }),
  };
}

function forward(input: Tensor, context: Tensor, { w1, w2 }: Weights): [prediction: Tensor, context: Tensor] {
  const xh = concat([input, context], 1);
  const hidden = xh.matmul(w1).tanh();
  return [hidden.matmul(w2), hidden];
}

/** One pass over the points, with an update after each. Returns the sum of their losses. */
function trainEpoch(x: Tensor, y: Tensor, weights: Weights): number {
  let totalLoss = 0;
  let context = zeros([1, hiddenSize]);
  for (let j = 0; j < x.shape[0]; j++) {
    const input = x.narrow(0, j, 1);
    const target = y.narrow(0, j, 1);
    const [prediction, hidden] = forward(input, context, weights);
    const error = prediction.sub(target);
    const loss = error.pow(2).sum().div(2);
    totalLoss += loss.item();
    loss.backward();
    noGrad(() => {
      for (const w of [weights.w1, weights.w2]) {
        if (w.grad === null) continue;
        w.sub_(w.grad.mul(learningRate));
        w.grad.zero_();
      }
    });
    context = hidden.detach(); // the next point's gradient stops here
  }
  return totalLoss;
}

function predict(x: Tensor, weights: Weights): number[] {
  const predictions: number[] = [];
  let context = zeros([1, hiddenSize]);
  for (let j = 0; j < x.shape[0]; j++) {
    const [prediction, hidden] = forward(x.narrow(0, j, 1), context, weights);
    predictions.push(prediction.item());
    context = hidden;
  }
  return predictions;
}

/** Trains the weights in place. Returns what the network then predicts for each point. */
export function learnSine(weights: Weights, epochs: number, report: (epoch: number, loss: number) => void): number[] {
  const series = elmanSine();
  const x = tensor(series.x, { shape: [20, 1] });
  const y = tensor(series.y, { shape: [20, 1] });
  // scope frees what an epoch made: not needed for plain JavaScript memory, but for a WebAssembly backend's
  for (let epoch = 0; epoch < epochs; epoch++)
    report(
      epoch,
      scope(() => trainEpoch(x, y, weights)),
    );
  return scope(() => noGrad(() => predict(x, weights)));
}

export async function main(args: readonly string[]): Promise<void> {
  const { seed, backend, epochs, out } = readOptions(args, { epochs: 300 });
  setDefaultBackend(await openBackend(backend));
  manualSeed(seed);

  const predictions = learnSine(initialWeights(), epochs, (epoch, loss) => {
    if (epoch % 10 === 0) console.log(`Epoch: ${epoch} loss ${loss}`);
  });
  const { time, x, y } = elmanSine();
  for (const [j, prediction] of predictions.entries())
    console.log(`Target ${y[j].toFixed(4).padStart(7)} predicted ${prediction.toFixed(4).padStart(7)}`);
  showChart(out, "elman-sine", {
    title: "An Elman network predicts the next point of a sine",
    xLabel: "time",
    series: [
      { name: "Actual", x: time.slice(0, -1), y: x, style: "points" },
      { name: "Predicted", x: time.slice(1), y: predictions, style: "points" },
    ],
  });
}

await runIfProgram(import.meta.url, main);
