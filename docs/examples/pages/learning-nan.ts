import { isNan, Linear, type Module, manualSeed, ones } from "unrolled";

function firstNan(model: Module): string | null {
  for (const [name, parameter] of model.namedParameters()) if (isNan(parameter).any().item()) return name;
  return null;
}
manualSeed(0);
const model = new Linear(2, 1);
console.log(firstNan(model));
const loss = model
  .forward(ones([1, 2]))
  .mul(0)
  .log()
  .sum(); // log(0) = -Infinity
console.log(loss.item());
loss.backward();
console.log(model.weight.grad?.toArray());
