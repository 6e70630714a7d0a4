import { Linear, manualSeed, ones } from "unrolled";

manualSeed(0);
const model = new Linear(2, 1);
for (let i = 1; i <= 3; i++) {
  model
    .forward(ones([1, 2]))
    .sum()
    .backward();
  console.log(`after ${i} without zeroGrad:`, model.weight.grad?.toArray());
}
model.zeroGrad();
model
  .forward(ones([1, 2]))
  .sum()
  .backward();
console.log("after zeroGrad:", model.weight.grad?.toArray());
