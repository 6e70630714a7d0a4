import { Adam, Linear, LSTM, Module, manualSeed, mseLoss, noGrad, type Tensor, tensor } from "unrolled";

manualSeed(0);
class TimeStep extends Module {
  lstm = new LSTM(1, 10, { batchFirst: true });
  head = new Linear(10, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x)[0]); // after each value the next one: [batch, time, 1]
  }
}
const model = new TimeStep();
const optimizer = new Adam(model.parameters(), { lr: 0.02 });

const up = [0.1, 0.2, 0.3, 0.4, 0.5];
const down = [0.5, 0.4, 0.3, 0.2, 0.1];
const column = (values: number[]) => values.map((value) => [value]);
const x = tensor([up.slice(0, -1), down.slice(0, -1)].map(column)); // [2, 4, 1]
const y = tensor([up.slice(1), down.slice(1)].map(column));
for (let i = 0; i < 300; i++) optimizer.step(() => mseLoss(model.forward(x), y));

const next = (values: number[]) =>
  noGrad(() =>
    model
      .forward(tensor([column(values)]))
      .select(1, -1)
      .item(),
  );
console.log(next([0.1, 0.2, 0.3]).toFixed(2)); // the value after 0.3
const values = [0.5, 0.4];
for (let i = 0; i < 3; i++) values.push(next(values));
console.log(values.slice(2).map((value) => value.toFixed(2))); // the next three
