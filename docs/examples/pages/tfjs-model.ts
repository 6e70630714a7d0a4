import { Adam, Linear, LSTM, Module, manualSeed, mseLoss, type Tensor, tensor } from "unrolled";

manualSeed(0);
class Net extends Module {
  lstm = new LSTM(1, 16, { batchFirst: true });
  dense = new Linear(16, 1);
  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.dense.forward(y.select(1, -1)); // returnSequences: false
  }
}
const model = new Net();
const optimizer = new Adam(model.parameters(), { lr: 0.05 });

const xs = tensor([1, 2, 3, 4].map((a) => [[a], [a + 1], [a + 2]])); // [4, 3, 1]
const ys = tensor([[4], [5], [6], [7]]);
const losses: number[] = [];
for (let epoch = 0; epoch < 150; epoch++) {
  const loss = optimizer.step(() => mseLoss(model.forward(xs), ys)); // frees what the step made
  losses.push(loss.item());
}
console.log("a tenth of the loss, or less:", losses[149] < losses[0] / 10, model.forward(xs).shape);
