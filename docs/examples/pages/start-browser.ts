import { exportOnnx } from "@unrolled/onnx";
import {
  Adam,
  DataLoader,
  fit,
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
    const [y] = this.lstm.forward(x);
    return this.head.forward(y.select(1, -1));
  }
}

const page = globalThis.document?.querySelector<HTMLElement>("#app"); // none in Node
page?.replaceChildren();
function show(line: string): void {
  console.log(line);
  page?.append(line, document.createElement("br"));
}

const model = new SineNet();
await fit({
  model,
  optimizer: new Adam(model.parameters(), { lr: 0.01 }),
  train: new DataLoader(slidingWindows(sine({ length: 400, period: 40 }), { length: 10 }), {
    batchSize: 32,
    shuffle: true,
  }),
  loss: ([x, y]) => mseLoss(model.forward(x), y),
  epochs: 10,
  onEpoch: ({ epoch, trainLoss }) => show(`epoch ${epoch}: mean loss ${trainLoss.toFixed(4)}`),
});

const onnx = await exportOnnx(model, { inputs: { x: ["batch", "time", 1] }, outputs: ["next"] });
show(`model.onnx: ${onnx.length} bytes`);
if (page) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([onnx.slice()], { type: "application/octet-stream" }));
  link.download = "model.onnx";
  link.textContent = "Download model.onnx";
  page.append(link);
}
