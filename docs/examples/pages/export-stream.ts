import { writeFile } from "node:fs/promises";
import { loadOnnx } from "@unrolled/backend-onnx";
import { exportOnnx } from "@unrolled/onnx";
import { GRU, Linear, Module, manualSeed, StandardScaler, type Tensor } from "unrolled";

manualSeed(0);
class Forecaster extends Module {
  gru = new GRU(1, 8, { batchFirst: true });
  head = new Linear(8, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.gru.forward(x)[0]);
  }
}
const scaler = new StandardScaler().fit([12, 15, 11, 18]); // degrees
const bytes = await exportOnnx(new Forecaster(), {
  inputs: { x: ["batch", "time", 1] },
  outputs: ["y"],
  scale: { x: scaler, y: scaler }, // degrees in, degrees out
  stateful: true, // the state becomes an input and an output
});
await writeFile("stream.onnx", bytes);

await using session = await loadOnnx(bytes);
console.log(session.inputs.map(({ name }) => name).join(" "), "->", session.outputs.map(({ name }) => name).join(" "));
for (const degrees of [12, 15, 11]) {
  const { y } = await session.step([[[degrees]]]); // the session carries the state
  console.log(degrees, y.data[0].toFixed(3));
}

const saved = await session.readState(); // to go on later, or elsewhere
await session.reset();
const { y } = await session.step([[[12], [15], [11]]]); // the same three at once
console.log("at once", Array.from(y.data, (value) => value.toFixed(3)).join(" "));
await session.writeState(saved);
