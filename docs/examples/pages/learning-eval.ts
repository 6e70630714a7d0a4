import { Dropout, Linear, manualSeed, noGrad, ones, Sequential } from "unrolled";

manualSeed(0);
const model = new Sequential(new Linear(4, 16), new Dropout(0.5), new Linear(16, 1));
const predict = (): string =>
  noGrad(() => model.forward(ones([1, 4])))
    .item()
    .toFixed(4);
console.log("in training mode:", predict(), predict());
model.eval();
console.log("in evaluation mode:", predict(), predict());
model.train();
