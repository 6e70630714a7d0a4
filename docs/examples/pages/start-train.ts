import {
  Adam,
  DataLoader,
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

class SineNet extends Module {
  lstm = new LSTM(1, 32, { batchFirst: true });
  head = new Linear(32, 1);

  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x); // [batch, time, 32]
    return this.head.forward(y.select(1, -1)); // the last step: [batch, 1]
  }
}

const model = new SineNet();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const windows = slidingWindows(sine({ length: 400, period: 40 }), { length: 10 });
const loader = new DataLoader(windows, { batchSize: 32, shuffle: true });

for (let epoch = 0; epoch < 5; epoch++) {
  let loss = 0;
  for (const [x, y] of loader) loss = optimizer.step(() => mseLoss(model.forward(x), y)).item();
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}`);
}
