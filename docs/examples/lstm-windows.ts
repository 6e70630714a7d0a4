// An LSTM learns to predict the next point of a sine from the ten before it.
import {
  Adam,
  type Backend,
  DataLoader,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  noGrad,
  scope,
  type Tensor,
  windowSine,
  zeros,
} from "unrolled";
import { openBackend } from "./lib/backends.js";
import { readOptions } from "./lib/options.js";
import { runIfProgram } from "./lib/program.js";
import { showChart } from "./lib/show-chart.js";

const hiddenSize = 50;
const batchSize = 32;

type Sample = [window: Float32Array, next: Float32Array];

/** Every ten neighbouring points with the point after them; `slidingWindows` does the same for any length. */
function batchData(data: Float32Array): Sample[] {
  const output: Sample[] = [];
  for (let i = 0; i < data.length - 10; i++) output.push([data.subarray(i, i + 10), data.subarray(i + 10, i + 11)]);
  return output;
}

export class RnnLstm extends Module {
  lstm = new LSTM(1, hiddenSize, { batchFirst: true });
  linear = new Linear(hiddenSize, 1);

  /** x [N, 10] -> [N, 1] */
  override forward(x: Tensor): Tensor {
    const [batch] = x.shape;
    const { backend } = x; // the listing makes the state on the CPU whatever the device; it belongs where x is
    const h0 = zeros([1, batch, hiddenSize], { backend });
    const c0 = zeros([1, batch, hiddenSize], { backend });
    const [output] = this.lstm.forward(x.unsqueeze(2), [h0, c0]); // [N, 10, 50]
    return this.linear.forward(output).select(1, -1); // [N, 10, 1] -> [N, 1]
  }
}

/** Trains with Adam's defaults. Yields each epoch's loss: the sum over its batches. */
export function* train(model: RnnLstm, loader: DataLoader<Sample>, epochs: number): Generator<number> {
  const optimizer = new Adam(model.parameters());
  model.train();
  for (let epoch = 0; epoch < epochs; epoch++) {
    let totalLoss = 0; // a number: the listing sums tensors, which keeps every batch's tape alive
    for (const [x, y] of loader) totalLoss += scope(() => optimizer.step(() => mseLoss(model.forward(x), y)).item());
    yield totalLoss;
  }
}

export interface Evaluation {
  readonly loss: number;
  readonly predictions: readonly number[];
  readonly targets: readonly number[];
}

export function evaluate(model: RnnLstm, x: Tensor, y: Tensor): Evaluation {
  model.eval();
  return scope(() => {
    const predicted = noGrad(() => model.forward(x));
    return {
      loss: mseLoss(predicted, y).item(),
      predictions: Array.from(predicted.dataSync()),
      targets: Array.from(y.dataSync()),
    };
  });
}

export function loaders(backend: Backend): { trainLoader: DataLoader<Sample>; testLoader: DataLoader<Sample> } {
  const series = windowSine();
  const train = batchData(series.train);
  const test = batchData(series.test);
  return {
    trainLoader: new DataLoader(train, { batchSize, backend }),
    testLoader: new DataLoader(test, { batchSize: test.length, backend }),
  };
}

export async function main(args: readonly string[]): Promise<void> {
  const { seed, backend, epochs, out } = readOptions(args, { epochs: 5 });
  const device = await openBackend(backend);
  manualSeed(seed);

  const { trainLoader, testLoader } = loaders(device);
  const model = await new RnnLstm().to(device);
  let epoch = 0;
  for (const loss of train(model, trainLoader, epochs)) {
    console.log(`Epoch: ${epoch++}`);
    console.log(`----Loss: ${loss.toFixed(2)} (${loss})`);
  }
  for (const [x, y] of testLoader) {
    const { loss, predictions, targets } = evaluate(model, x, y);
    console.log("-".repeat(50));
    console.log(`Test Loss: ${loss.toFixed(2)} (${loss})`);
    showChart(out, "lstm-windows", {
      title: "The next point of a sine, predicted by an LSTM from ten",
      xLabel: "window of the test part",
      series: [
        { name: "Actual", y: targets, style: "line" },
        { name: "Predicted", y: predictions, style: "points" },
      ],
    });
  }
}

await runIfProgram(import.meta.url, main);
