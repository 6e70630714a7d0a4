import { manualSeed, mseLoss, RNN, randn, SGD } from "unrolled";

for (const lr of [0.0001, 0.01, 1, 100]) {
  manualSeed(0);
  const model = new RNN(1, 8);
  const optimizer = new SGD(model.parameters(), { lr });
  const x = randn([10, 4, 1]);
  const target = x.tile([1, 1, 8]).mul(0.5);
  const losses = Array.from({ length: 30 }, () => optimizer.step(() => mseLoss(model.forward(x)[0], target)).item());
  console.log(`lr ${lr}:`.padEnd(11), losses[0].toFixed(3), "->", losses[29].toFixed(3));
}
