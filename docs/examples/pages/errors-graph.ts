import { compile, Linear, mseLoss, ones, SGD, type Tensor, UnrolledError } from "unrolled";

async function refused(attempt: () => unknown): Promise<void> {
  try {
    await attempt();
    console.log("accepted");
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    console.log(`${error.name}: ${error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`)}`);
  }
}

const model = new Linear(2, 1);
const loss = mseLoss(model.forward(ones([3, 2])), ones([3, 1]));
loss.backward();
await refused(() => loss.backward());
await refused(() => model.weight.add_(1));
await refused(() => ones([1]).backward());

const optimizer = new SGD(model.parameters(), { lr: 0.1 });
const step = compile(
  (x: Tensor) => {
    if (x.sum().item() > 0) console.log("positive"); // a graph has no elements yet
    return optimizer.step(() => model.forward(x).mean());
  },
  { state: [model, optimizer] },
);
await refused(() => step.run(ones([3, 2])));
