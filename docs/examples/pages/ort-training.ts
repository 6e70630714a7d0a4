import { onnxRuntime } from "@unrolled/backend-onnx";
import {
  Adam,
  compile,
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
class Net extends Module {
  lstm = new LSTM(1, 16, { batchFirst: true });
  head = new Linear(16, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x)[0].select(1, -1));
  }
}
const model = new Net();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const train = (x: Tensor, y: Tensor) => optimizer.step(() => mseLoss(model.forward(x), y));

const runner = await onnxRuntime({ threads: 1 });
const step = compile(train, { state: [model, optimizer], runner });

const windows = slidingWindows(sine({ length: 310, period: 40 }), { length: 10 });
for (let epoch = 0; epoch < 4; epoch++) {
  let loss = 0;
  for (const [x, y] of new DataLoader(windows, { batchSize: 30 })) loss = (await step.run(x, y)).item();
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}`);
}
await step.dispose(); // the weights and moments are the model's and optimiser's again

const [[x, y]] = new DataLoader(windows, { batchSize: 30 });
console.log(`and one eager step: ${train(x, y).item().toFixed(4)}`);
