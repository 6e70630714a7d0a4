import { Adam, Linear, manualSeed, mseLoss, RNN, rand, type Tensor, truncatedBptt } from "unrolled";

// The task: say the number that came eight steps ago. [time, batch, features]
const delay = 8;
manualSeed(0);
const noise = rand([400 + delay, 8, 1])
  .mul(2)
  .sub(1);
const [x, target] = [noise.narrow(0, delay, 400), noise.narrow(0, 0, 400)];

for (const chunkLength of [1, 4, 8, 9, 16, 32]) {
  manualSeed(1);
  const rnn = new RNN(1, 16);
  const head = new Linear(16, 1);
  const optimizer = new Adam([...rnn.parameters(), ...head.parameters()], { lr: 0.003 });
  let last = 0;
  let updates = 0;
  while (updates < 2000) {
    const { losses } = truncatedBptt(
      [x, target],
      { chunkLength, update: (computeLoss) => optimizer.step(computeLoss, { clipGradNorm: 1 }) },
      ([x, target], before: Tensor | undefined) => {
        const [hidden, state] = rnn.forward(x, before);
        return { loss: mseLoss(head.forward(hidden), target), state };
      },
    );
    updates += losses.length;
    last = losses.reduce((sum, loss) => sum + loss.item(), 0) / losses.length;
  }
  console.log(`chunks of ${String(chunkLength).padStart(2)}: loss ${last.toFixed(4)} after ${updates} updates`);
}
console.log(`always saying 0: loss ${target.square().mean().item().toFixed(4)}`);
