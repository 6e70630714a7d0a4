import { loadOnnx } from "@unrolled/backend-onnx";
import { exportOnnx } from "@unrolled/onnx";
import { LSTM, manualSeed } from "unrolled";

manualSeed(0);
const lstm = new LSTM(1, 4, { batchFirst: true });
const bytes = await exportOnnx(lstm, {
  inputs: { x: ["batch", "time", 1] },
  forward: ({ x }) => lstm.forward(x)[0],
  outputs: ["y"],
});

// In a page, the address of the file stands here: loadOnnx("/forecaster.onnx", ...)
const session = await loadOnnx(bytes, { provider: ["webgpu", "wasm"] }); // the first that is there
const { y } = await session.run({ x: [[[0.1], [0.2], [0.3]]] }); // nested lists will do
console.log(y.shape, y.dtype);
await session.dispose();
