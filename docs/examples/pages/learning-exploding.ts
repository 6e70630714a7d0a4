import { clipGradNorm, LSTM, manualSeed, mseLoss, randn, SGD, zeros } from "unrolled";

manualSeed(0);
const model = new LSTM(1, 8);
const optimizer = new SGD(model.parameters(), { lr: 0.1 });
for (let i = 0; i < 3; i++) {
  optimizer.zeroGrad();
  mseLoss(model.forward(randn([20, 4, 1], { std: 50 }))[0].mul(100), zeros([20, 4, 8])).backward();
  const before = clipGradNorm(model.parameters(), 1); // returns the norm that it found
  console.log("norm before clipping:", before.item().toFixed(0));
  optimizer.step();
}
