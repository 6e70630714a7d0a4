import { readFile, writeFile } from "node:fs/promises";
import { exportOnnx } from "@unrolled/onnx";
import {
  Adam,
  DataLoader,
  Linear,
  LSTM,
  loadStateDict,
  Module,
  manualSeed,
  mseLoss,
  noGrad,
  saveStateDict,
  sine,
  slidingWindows,
  type Tensor,
  tensor,
} from "unrolled";

manualSeed(0); // the same numbers in every run

class SineNet extends Module {
  lstm = new LSTM(1, 32, { batchFirst: true });
  head = new Linear(32, 1);

  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x); // [batch, time, 32]
    return this.head.forward(y.select(1, -1)); // the last step: [batch, 1]
  }
}

// 1. Data: windows of 10 values, each with the value that comes next
const series = sine({ length: 400, period: 40 });
const loader = new DataLoader(slidingWindows(series, { length: 10 }), { batchSize: 32, shuffle: true });

// 2. Training
const model = new SineNet();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
for (let epoch = 0; epoch < 10; epoch++) {
  let loss = 0;
  for (const [x, y] of loader) loss = optimizer.step(() => mseLoss(model.forward(x), y)).item();
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}`);
}

// 3. Forecast: each value that the model gives becomes its next input
function forecast(net: SineNet, steps: number): number[] {
  const values = Array.from(series);
  return noGrad(() => {
    for (let i = 0; i < steps; i++) {
      const x = tensor(values.slice(-10)).reshape([1, 10, 1]); // [batch, time, features]
      values.push(net.forward(x).item());
    }
    return values.slice(-steps);
  });
}
const inOneLine = (values: ArrayLike<number>): string => Array.from(values, (v) => v.toFixed(2)).join(" ");
console.log(`forecast ${inOneLine(forecast(model, 8))}`);
console.log(`truth    ${inOneLine(sine({ length: 408, period: 40 }).slice(400))}`);

// 4. Save, and load into a new model
await writeFile("sine.safetensors", await saveStateDict(model));
const loaded = new SineNet();
loadStateDict(loaded, await readFile("sine.safetensors"));
console.log(`loaded   ${inOneLine(forecast(loaded, 8))}`);

// 5. Export, for any batch size and any window length
const onnx = await exportOnnx(model, { inputs: { x: ["batch", "time", 1] }, outputs: ["next"] });
await writeFile("sine.onnx", onnx);
console.log(`sine.onnx: ${onnx.length} bytes`);
