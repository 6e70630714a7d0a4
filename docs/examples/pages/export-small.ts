import { exportOnnx } from "@unrolled/onnx";
import { LSTM, manualSeed } from "unrolled";

manualSeed(0);
const model = new LSTM(8, 128);
const inputs = { x: ["time", "batch", 8] } as const;
const size = async (weights?: "float16" | "int8") =>
  (await exportOnnx(model, { inputs, ...(weights && { weights }) })).length;

console.log(`float32 ${await size()} bytes`);
console.log(`float16 ${await size("float16")} bytes`);
console.log(`int8    ${await size("int8")} bytes`);
