import { elmanSine, grad, mseLoss, noGrad, RNN, type Tensor, tensor } from "unrolled";

const [wIh, wHh, bIh, bHh] = [0.8, 0.5, 0.1, -0.2];
const x = elmanSine().x.slice(0, 3);
const target = elmanSine().y[2];

// Forward: three steps, keeping every h
const h = [0];
for (let t = 1; t <= 3; t++) h[t] = Math.tanh(x[t - 1] * wIh + bIh + h[t - 1] * wHh + bHh);
const loss = (h[3] - target) ** 2;
console.log(`h ${h.map((value) => value.toFixed(4)).join(" ")}, target ${target.toFixed(4)}, loss ${loss.toFixed(4)}`);

// Backward: from the last step to the first
const sums = { weight_ih_l0: 0, weight_hh_l0: 0, bias_ih_l0: 0, bias_hh_l0: 0 };
let dH = 2 * (h[3] - target);
for (let t = 3; t >= 1; t--) {
  const dSum = dH * (1 - h[t] ** 2);
  const [ih, hh] = [dSum * x[t - 1], dSum * h[t - 1]];
  console.log(`step ${t}: dh ${dH.toFixed(4)}, dsum ${dSum.toFixed(4)}, ih ${ih.toFixed(4)}, hh ${hh.toFixed(4)}`);
  sums.weight_ih_l0 += ih;
  sums.weight_hh_l0 += hh;
  sums.bias_ih_l0 += dSum;
  sums.bias_hh_l0 += dSum;
  dH = dSum * wHh; // to the h of the step before
}

// Autograd, and the loss with each weight moved a little
const rnn = new RNN(1, 1);
rnn.loadStateDict({ weight_ih_l0: [[wIh]], weight_hh_l0: [[wHh]], bias_ih_l0: [bIh], bias_hh_l0: [bHh] });
const lossOf = (): Tensor => mseLoss(rnn.forward(tensor(x, { shape: [3, 1] }))[0].select(0, 2), tensor([target]));
const nudge = 0.01;
console.log("              by hand  autograd    nudged");
for (const [name, parameter] of rnn.namedParameters()) {
  const [gradient] = grad(lossOf(), [parameter]);
  const nudged = noGrad(() => {
    parameter.add_(nudge);
    const above = lossOf().item();
    parameter.sub_(2 * nudge);
    const below = lossOf().item();
    parameter.add_(nudge);
    return (above - below) / (2 * nudge);
  });
  const byHand = sums[name as keyof typeof sums];
  console.log(name.padEnd(12), [byHand, gradient.item(), nudged].map((v) => v.toFixed(4).padStart(9)).join(" "));
}
