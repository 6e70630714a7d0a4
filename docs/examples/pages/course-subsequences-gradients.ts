import { clipGradNorm, grad, manualSeed, RNN, randn, tensor, zeros } from "unrolled";

// How much of a slope is left after so many steps back, for one neuron that rests at 0
const steps = [1, 5, 10, 20, 50];
console.log(`weight_hh_l0 ${steps.map((n) => `${n} back`.padStart(10)).join("")}`);
const rnn = new RNN(1, 1, { bias: false });
for (const weight of [0.5, 0.9, 1, 1.1, 1.5]) {
  rnn.loadStateDict({ weight_ih_l0: [[1]], weight_hh_l0: [[weight]] });
  const slopes = steps.map((n) => {
    const first = tensor([[0]], { requiresGrad: true });
    const [, last] = rnn.forward(zeros([n, 1]), first);
    return grad(last.sum(), [first])[0].item();
  });
  console.log(`${String(weight).padEnd(12)} ${slopes.map((slope) => slope.toPrecision(3).padStart(10)).join("")}`);
}

// The same with inputs: tanh bends, and its slope below 1 takes part of each factor
manualSeed(0);
const inputs = randn([50, 1]);
for (const weight of [0.5, 1.5]) {
  rnn.loadStateDict({ weight_ih_l0: [[1]], weight_hh_l0: [[weight]] });
  const first = tensor([[0]], { requiresGrad: true });
  const slopes = steps.map((n) => {
    const [, last] = rnn.forward(inputs.narrow(0, 0, n), first);
    return grad(last.sum(), [first])[0].item();
  });
  console.log(`${String(weight)} and noise ${slopes.map((slope) => slope.toPrecision(2).padStart(9)).join(" ")}`);
}

// Clipping: the length of the whole gradient is capped, its direction stays
const p = tensor([0, 0], { requiresGrad: true });
p.mul(tensor([30, 40]))
  .sum()
  .backward();
const before = clipGradNorm([p], 1);
const after = Array.from(p.grad?.dataSync() ?? [], (v) => v.toFixed(2));
console.log(`gradient [30, 40], norm ${before.item()}; clipped to norm 1: [${after.join(", ")}]`);
