import { onnxRuntime } from "@unrolled/backend-onnx";
import {
  Adam,
  compile,
  cpu,
  interpreter,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  type Runner,
  sine,
  type Tensor,
  tensor,
} from "unrolled";

class Net extends Module {
  lstm = new LSTM(1, 16, { batchFirst: true });
  head = new Linear(16, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x)[0].select(1, -1));
  }
}
const wave = [...sine({ length: 11, period: 10 })];
const [x, y] = [tensor(wave.slice(0, 10)).reshape([1, 10, 1]), tensor([[wave[10]]])];

async function train(name: string, runner?: Runner): Promise<void> {
  manualSeed(0);
  const model = new Net();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const eager = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(model.forward(x), y));
  const compiled = runner && compile(eager, { state: [model, optimizer], runner });
  let loss = 0;
  for (let i = 0; i < 20; i++) loss = (compiled ? await compiled.run(x, y) : eager(x, y)).item();
  console.log(name.padEnd(28), loss.toFixed(4));
}

await train("eager");
await train("interpreter on the CPU", interpreter(cpu()));
const { graphRunner } = cpu();
if (graphRunner) await train("one WebAssembly function", graphRunner);
await train("ONNX Runtime", await onnxRuntime({ threads: 1 }));
