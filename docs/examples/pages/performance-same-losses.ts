import { Adam, compile, GRU, Linear, Module, manualSeed, mseLoss, ones, type Tensor, zeros } from "unrolled";

class Net extends Module {
  gru = new GRU(1, 8);
  head = new Linear(8, 1);
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.gru.forward(x)[0]);
  }
}
const [x, y] = [ones([12, 4, 1]), zeros([12, 4, 1])];

async function losses(compiled: boolean): Promise<string> {
  manualSeed(0);
  const model = new Net();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const eager = (x: Tensor, y: Tensor): Tensor => optimizer.step(() => mseLoss(model.forward(x), y));
  const step = compile(eager, { state: [model, optimizer] });
  const seen: string[] = [];
  for (let i = 0; i < 4; i++) seen.push((compiled ? await step.run(x, y) : eager(x, y)).item().toFixed(5));
  return seen.join(" ");
}
console.log("eager   ", await losses(false));
console.log("compiled", await losses(true));
