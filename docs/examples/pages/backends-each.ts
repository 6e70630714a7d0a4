import { tfjs } from "@unrolled/backend-tfjs";
import { type Backend, cpu, LSTM, manualSeed, ones } from "unrolled";

const backends: Backend[] = [cpu(), cpu({ threads: 2 }), cpu({ simd: "off" }), await tfjs("cpu"), await tfjs("wasm")];
for (const backend of backends) {
  manualSeed(0); // the same weights on each
  const lstm = new LSTM(3, 16, { backend });
  const [y] = lstm.forward(ones([20, 4, 3], { backend }));
  const sum = await y.sum().data();
  console.log(backend.name.padEnd(10), sum[0].toFixed(3));
}
