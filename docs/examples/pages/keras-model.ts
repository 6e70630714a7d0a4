import {
  Adam,
  DataLoader,
  fit,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  sine,
  slidingWindows,
  type Tensor,
} from "unrolled";

manualSeed(0);
class Net extends Module {
  lstm = new LSTM(1, 32, { batchFirst: true });
  dense = new Linear(32, 1);
  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.dense.forward(y.select(1, -1)); // return_sequences=False
  }
}
const model = new Net();
const windows = slidingWindows(sine({ length: 400, period: 40 }), { length: 10 });
const result = await fit({
  model,
  optimizer: new Adam(model.parameters(), { lr: 0.01 }),
  loss: ([x, y]) => mseLoss(model.forward(x), y),
  train: new DataLoader(windows, { batchSize: 32, shuffle: true }),
  epochs: 5,
});
for (const { epoch, trainLoss } of result.epochs) console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}`);
