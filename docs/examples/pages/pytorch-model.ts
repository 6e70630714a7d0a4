import { Adam, crossEntropy, Embedding, Linear, LSTM, Module, manualSeed, type Tensor, tensor } from "unrolled";

manualSeed(0);
class Tagger extends Module {
  embed = new Embedding(20, 8);
  lstm = new LSTM(8, 16, { batchFirst: true, bidirectional: true });
  head = new Linear(32, 3);
  override forward(ids: Tensor): Tensor {
    const [y] = this.lstm.forward(this.embed.forward(ids));
    return this.head.forward(y).flatten(0, 1); // [batch * time, 3]
  }
}
const model = new Tagger();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });

const ids = tensor(
  [
    [1, 5, 9, 2],
    [4, 4, 7, 0],
  ],
  { dtype: "int32" },
);
const tags = tensor([0, 2, 1, 0, 1, 1, 2, 0], { dtype: "int32" });
for (let i = 0; i < 20; i++) {
  optimizer.zeroGrad();
  const loss = crossEntropy(model.forward(ids), tags);
  loss.backward();
  optimizer.step();
  if (i % 5 === 4) console.log(`step ${i + 1}: loss ${loss.item().toFixed(4)}`);
}
console.log(Object.keys(model.stateDict()).slice(0, 5).join(" "));
