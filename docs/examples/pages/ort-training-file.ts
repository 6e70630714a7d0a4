import { mkdir, writeFile } from "node:fs/promises";
import { exportTraining } from "@unrolled/onnx";
import { Adam, GRU, Linear, Module, manualSeed, mseLoss, type Tensor, writeNpz } from "unrolled";

manualSeed(0);
class Net extends Module {
  gru = new GRU(1, 8, { batchFirst: true });
  head = new Linear(8, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.gru.forward(x)[0].select(1, -1));
  }
}
const model = new Net();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const step = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(model.forward(x), y), { clipGradNorm: 1 });

const { bytes, manifest, initial } = await exportTraining(step, {
  inputs: { x: ["batch", "time", 1], y: ["batch", 1] },
  state: [model, optimizer],
});
await mkdir("training", { recursive: true });
await writeFile("training/step.onnx", bytes);
await writeFile("training/manifest.json", JSON.stringify(manifest, null, 2));
await writeFile("training/initial.npz", writeNpz(initial)); // numpy.load reads it

console.log(manifest.rates);
console.log(manifest.state.map(({ input }) => input).join("\n"));
