import { Adam, DataLoader, Linear, LSTM, Module, manualSeed, mseLoss, noGrad, type Tensor, windowSine } from "unrolled";

class WindowNet extends Module {
  lstm = new LSTM(1, 50, { batchFirst: true });
  linear = new Linear(50, 1);

  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x.unsqueeze(2)); // [batch, 10] -> [batch, 10, 50]
    return this.linear.forward(y.select(1, -1)); // what it says after the last point: [batch, 1]
  }
}

/** Ten neighbouring points, and the one after them. */
function windows(data: Float32Array): [Float32Array, Float32Array][] {
  return Array.from({ length: data.length - 10 }, (_, t) => [data.slice(t, t + 10), data.slice(t + 10, t + 11)]);
}

manualSeed(0);
const { train, test } = windowSine();
const model = new WindowNet();
const optimizer = new Adam(model.parameters());
const loader = new DataLoader(windows(train), { batchSize: 32 });
const [[x, y]] = new DataLoader(windows(test), { batchSize: test.length });
const testLoss = (): number => noGrad(() => mseLoss(model.forward(x), y).item());

console.log(`${train.length} points to learn from, ${test.length} to test on`);
console.log(`before: test loss ${testLoss().toFixed(5)}`);
for (let epoch = 1; epoch <= 5; epoch++) {
  let sum = 0;
  for (const [inputs, targets] of loader) sum += optimizer.step(() => mseLoss(model.forward(inputs), targets)).item();
  console.log(`epoch ${epoch}: training loss ${(sum / loader.length).toFixed(5)}, test loss ${testLoss().toFixed(5)}`);
}
