import { arange, DataLoader, manualSeed, TensorDataset } from "unrolled";

manualSeed(0);
const inOrder = new TensorDataset(arange(8));
for (const shuffle of [false, true]) {
  const first = [...new DataLoader(inOrder, { batchSize: 4, shuffle })].map((batch) => String(batch[0].toArray()));
  console.log(shuffle ? "shuffled:" : "in order:", first.join(" | "));
}
