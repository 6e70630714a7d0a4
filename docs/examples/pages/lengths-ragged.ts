import {
  Adam,
  DataLoader,
  Linear,
  LSTM,
  lengthsMask,
  Module,
  manualSeed,
  mseLoss,
  padCollate,
  type Tensor,
} from "unrolled";

manualSeed(0);

// Sequences of 3 to 12 numbers; the target at each step is the mean so far
function sample(length: number): [number[][], number[][]] {
  const x = Array.from({ length }, (_, t) => [Math.sin(length + 2 * t * t)]);
  const y = x.map((_, t) => [x.slice(0, t + 1).reduce((sum, [v]) => sum + v, 0) / (t + 1)]);
  return [x, y];
}
const samples = Array.from({ length: 64 }, (_, i) => sample(3 + (i % 10)));
const loader = new DataLoader(samples, { batchSize: 16, shuffle: true, collate: padCollate });

class Averager extends Module {
  lstm = new LSTM(1, 16, { batchFirst: true });
  head = new Linear(16, 1);
  override forward(x: Tensor, lengths: Int32Array): Tensor {
    const [y] = this.lstm.forward(x, undefined, { lengths }); // zeros past each end
    return this.head.forward(y); // [batch, time, 1]; past each end this is the bias, not 0
  }
}

console.log(lengthsMask([3, 1], 4).toArray()); // [batch, time]

const model = new Averager();
const optimizer = new Adam(model.parameters(), { lr: 0.02 });
for (let epoch = 0; epoch <= 40; epoch++) {
  let loss = 0;
  for (const [x, y, lengths] of loader) {
    const mask = lengthsMask(lengths, x.shape[1]).unsqueeze(-1); // [batch, time, 1], as the losses
    loss = optimizer.step(() => mseLoss(model.forward(x, lengths), y, { mask })).item();
  }
  if (epoch % 20 === 0) console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}`);
}
