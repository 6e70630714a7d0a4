import { writeFile } from "node:fs/promises";
import { loadOnnx } from "@unrolled/backend-onnx";
import { exportOnnx } from "@unrolled/onnx";
import {
  Adam,
  DataLoader,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  noGrad,
  StandardScaler,
  sine,
  slidingWindows,
  type Tensor,
  tensor,
} from "unrolled";

class NextValue extends Module {
  lstm = new LSTM(1, 16, { batchFirst: true });
  head = new Linear(16, 1);

  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.head.forward(y.select(1, -1));
  }
}

// Temperatures around 20 degrees; a network learns best near 0, so they are scaled
manualSeed(0);
const degrees = sine({ length: 300, period: 24, amplitude: 8 }).map((value) => 20 + value);
const scaler = new StandardScaler().fit(degrees);
const scaled = scaler.transform(degrees);
const model = new NextValue();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const loader = new DataLoader(slidingWindows(scaled, { length: 24 }), { batchSize: 32, shuffle: true });
for (let epoch = 0; epoch < 15; epoch++)
  for (const [x, y] of loader) optimizer.step(() => mseLoss(model.forward(x), y));

// The file takes degrees and gives degrees: the scaler goes into it
const bytes = await exportOnnx(model, {
  inputs: { x: ["batch", "time", 1] },
  outputs: ["next"],
  scale: { x: scaler, next: scaler },
});
await writeFile("temperature.onnx", bytes);

// The same question to both
const window = degrees.slice(-24);
const own = noGrad(() =>
  model.forward(tensor(scaler.transform(window), { shape: [1, 24, 1], dtype: "float32" })).item(),
);
const ownDegrees = scaler.inverseTransform(Float64Array.of(own))[0];
const session = await loadOnnx(bytes);
const { next } = await session.run({ x: { data: Float32Array.from(window), shape: [1, 24, 1], dtype: "float32" } });
const fromFile = next.data[0];
await session.dispose();

console.log(`temperature.onnx: ${bytes.length} bytes`);
console.log(`here ${ownDegrees.toFixed(3)}, in ONNX Runtime ${Number(fromFile).toFixed(3)}`);
console.log(`difference below 0.0001: ${Math.abs(ownDegrees - Number(fromFile)) < 1e-4}`);
