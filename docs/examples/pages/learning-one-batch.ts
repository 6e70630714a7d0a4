import { Adam, Linear, LSTM, Module, manualSeed, mseLoss, randn, type Tensor } from "unrolled";

class Net extends Module {
  lstm = new LSTM(1, 16, { batchFirst: true });
  head = new Linear(16, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x)[0].select(1, -1));
  }
}
manualSeed(0);
const model = new Net();
const optimizer = new Adam(model.parameters(), { lr: 0.02 });
const [x, y] = [randn([4, 8, 1]), randn([4, 1])]; // one small batch, even of noise
for (let i = 0; i <= 300; i++) {
  const loss = optimizer.step(() => mseLoss(model.forward(x), y)).item();
  if (i % 100 === 0) console.log(i, loss.toFixed(4));
}
