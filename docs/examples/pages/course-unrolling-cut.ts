import { elmanSine, grad, RNN, tensor } from "unrolled";

const series = elmanSine();
const rnn = new RNN(1, 1);
rnn.loadStateDict({ weight_ih_l0: [[0.8]], weight_hh_l0: [[0.5]], bias_ih_l0: [0.1], bias_hh_l0: [-0.2] });
const { weight_ih_l0, weight_hh_l0 } = Object.fromEntries(rnn.namedParameters());

/** The loss after step 3 and its gradients, where only the last `connected` steps hang together. */
function through(connected: number): number[] {
  let h = tensor([[0]]);
  for (let t = 0; t < 3; t++) {
    if (t === 3 - connected) h = h.detach();
    [, h] = rnn.forward(tensor([[series.x[t]]]), h);
  }
  const loss = h.sub(series.y[2]).square().sum();
  return [loss, ...grad(loss, [weight_ih_l0, weight_hh_l0])].map((value) => value.item());
}

console.log("steps connected      loss  weight_ih_l0  weight_hh_l0");
for (const connected of [1, 2, 3]) {
  const [loss, ih, hh] = through(connected).map((value) => value.toFixed(4));
  console.log(`${connected} ${loss.padStart(23)} ${ih.padStart(13)} ${hh.padStart(13)}`);
}
