import { writeFile } from "node:fs/promises";
import { loadOnnx, verifyOnnx } from "@unrolled/backend-onnx";
import { exportOnnx } from "@unrolled/onnx";
import { Linear, LSTM, Module, manualSeed, randn, type Tensor } from "unrolled";

manualSeed(0);
class Forecaster extends Module {
  lstm = new LSTM(1, 16, { batchFirst: true });
  head = new Linear(16, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x)[0]); // [batch, time, 1]
  }
}
const model = new Forecaster(); // train it first; see the start page

const bytes = await exportOnnx(model, { inputs: { x: ["batch", "time", 1] }, outputs: ["y"] });
await writeFile("forecaster.onnx", bytes);

await using session = await loadOnnx("forecaster.onnx");
console.log(session.inputs);
const x = randn([2, 30, 1]); // any batch, any length
const { y } = await session.run({ x: { data: x.dataSync(), shape: x.shape } });
console.log(y.shape);

const eager = model.forward(x).dataSync();
const sample = { inputs: { x: { data: x.dataSync(), shape: x.shape } }, outputs: { y: eager } };
const difference = (await verifyOnnx(session, [sample])).y.absolute;
console.log(`largest difference below 1e-6: ${difference < 1e-6}`);
