import { elmanSine, grad, RNN, tensor } from "unrolled";

// One neuron, with weights that are easy to check on a calculator
const [wIh, wHh, bIh, bHh] = [0.8, 0.5, 0.1, -0.2];
const wOut = 1.5;
const rnn = new RNN(1, 1);
rnn.loadStateDict({ weight_ih_l0: [[wIh]], weight_hh_l0: [[wHh]], bias_ih_l0: [bIh], bias_hh_l0: [bHh] });
const { x, y } = elmanSine();
const show = (name: string, byHand: number, library: number): void =>
  console.log(`${name.padEnd(26)} ${byHand.toFixed(4).padStart(7)}   ${library.toFixed(4).padStart(7)}`);

console.log(`${"".padEnd(26)} by hand   library`);
const [states] = rnn.forward(tensor(x.slice(0, 3), { shape: [3, 1] }));
let context = 0; // the neuron has seen nothing yet
const contexts = [context];
for (let t = 0; t < 3; t++) {
  const fromInput = x[t] * wIh + bIh;
  const fromContext = context * wHh + bHh;
  const hidden = Math.tanh(fromInput + fromContext);
  console.log(`point ${t + 1}: x ${x[t].toFixed(4)}, context ${context.toFixed(4)}`);
  console.log(`  input ${fromInput.toFixed(4)} + context ${fromContext.toFixed(4)}`);
  show("  = tanh of that", hidden, states.select(0, t).item());
  context = hidden;
  contexts.push(hidden);
}

// What the step at point 2 teaches: the context counts as a given number
const [before, hidden] = [contexts[1], contexts[2]];
const out = tensor([[wOut]], { requiresGrad: true });
const [state] = rnn.forward(tensor([[x[1]]]), tensor([[before]]));
const prediction = state.matmul(out);
const loss = prediction.sub(y[1]).square().sum().div(2);
const parameters = Object.fromEntries(rnn.namedParameters());
const names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];
const [dOut, dIh, dHh, dBIh, dBHh] = grad(loss, [out, ...names.map((name) => parameters[name])]);
const error = hidden * wOut - y[1];
const dSum = error * wOut * (1 - hidden ** 2);
console.log(`learning at point 2: target ${y[1].toFixed(4)}`);
show("  prediction", hidden * wOut, prediction.item());
show("  error", error, prediction.item() - y[1]);
show("  loss", error ** 2 / 2, loss.item());
show("  gradient, output", error * hidden, dOut.item());
show("  gradient, weight_ih_l0", dSum * x[1], dIh.item());
show("  gradient, weight_hh_l0", dSum * before, dHh.item());
show("  gradient, bias_ih_l0", dSum, dBIh.item());
show("  gradient, bias_hh_l0", dSum, dBHh.item());
