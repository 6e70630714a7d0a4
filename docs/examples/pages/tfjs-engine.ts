import { tfjs } from "@unrolled/backend-tfjs";
import { Adam, LSTM, manualSeed, mseLoss, ones, setDefaultBackend, zeros } from "unrolled";

const backend = await tfjs("wasm"); // or "cpu", and in browsers "webgl" and "webgpu"
setDefaultBackend(backend); // what is made from here on lives there
manualSeed(0);
const model = new LSTM(1, 8);
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const [x, y] = [ones([5, 4, 1]), zeros([5, 4, 8])];

for (let i = 0; i < 3; i++) {
  const loss = optimizer.step(() => mseLoss(model.forward(x)[0], y));
  console.log(loss.item().toFixed(4), loss.backend.name, `${backend.memory().buffers} buffers`);
  loss.dispose(); // what step returns is yours
}
