import { readFile, writeFile } from "node:fs/promises";
import { fromKeras, GRU, Linear, Module, manualSeed, ones, readNpz, type Tensor, toKeras, writeNpz } from "unrolled";

manualSeed(0);
class Net extends Module {
  rnn = new GRU(3, 4, { bidirectional: true, batchFirst: true });
  head = new Linear(8, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.rnn.forward(x)[0]);
  }
}
const model = new Net();
const layers = { rnn: "sequential/bidirectional", head: "sequential/dense" }; // ours: Keras's
await writeFile("net.npz", writeNpz(await toKeras(model, { layers })));

const arrays = readNpz(await readFile("net.npz"));
for (const [path, { shape }] of Object.entries(arrays)) console.log(path, shape);
const again = new Net();
fromKeras(again, arrays, { layers });
console.log(
  again
    .forward(ones([2, 5, 3]))
    .sum()
    .item()
    .toFixed(5),
);
