import { Linear, LSTM, Module, manualSeed, ones, SGD, type Tensor } from "unrolled";

class Net extends Module {
  lstm = new LSTM(2, 4);
  head = new Linear(4, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x)[0].detach()); // the mistake
  }
}
manualSeed(0);
const model = new Net();
const optimizer = new SGD(model.head.parameters(), { lr: 0.1 });
model
  .forward(ones([5, 1, 2]))
  .sum()
  .backward();
const held = new Set(optimizer.paramGroups.flatMap(({ params }) => params));
for (const [name, parameter] of model.namedParameters())
  console.log(name.padEnd(18), parameter.grad ? "gradient" : "none    ", held.has(parameter) ? "held" : "not held");
