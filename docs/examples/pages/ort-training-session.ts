import { loadOnnx } from "@unrolled/backend-onnx";
import { exportTraining } from "@unrolled/onnx";
import { Adam, LSTM, manualSeed, mseLoss, ones, type Tensor, zeros } from "unrolled";

manualSeed(0);
const model = new LSTM(1, 4);
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const train = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(model.forward(x)[0], y));
const { bytes, initial } = await exportTraining(train, {
  inputs: { x: ["time", "batch", 1], y: ["time", "batch", 4] },
  state: [model, optimizer],
});

await using session = await loadOnnx(bytes, { threads: 1 });
await session.writeState(initial); // a session begins with zeros
const x = { data: new Float32Array(10).fill(1), shape: [5, 2, 1] };
const y = { data: new Float32Array(40), shape: [5, 2, 4] };
for (let i = 0; i < 5; i++) {
  const { loss } = await session.step({ x, y, "Adam.0.lr": 0.01 });
  console.log(`step ${i + 1}: loss ${loss.data[0].toFixed(4)}`);
}
const { missing } = model.loadStateDict(await session.readState(), { strict: false }); // the moments are left over
console.log("missing:", missing);
console.log(
  `and one eager step: ${train(ones([5, 2, 1]), zeros([5, 2, 4]))
    .item()
    .toFixed(4)}`,
);
