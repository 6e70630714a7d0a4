import {
  Adam,
  detachState,
  keep,
  Linear,
  LSTM,
  linspace,
  manualSeed,
  mseLoss,
  noGrad,
  type Tensor,
  truncatedBptt,
} from "unrolled";

manualSeed(0);
const wave = linspace(0, 60, 601).sin().reshape([601, 1, 1]); // [time, batch, features]
const [x, target] = [wave.narrow(0, 0, 600), wave.narrow(0, 1, 600)];
const lstm = new LSTM(1, 16);
const head = new Linear(16, 1);
const optimizer = new Adam([...lstm.parameters(), ...head.parameters()], { lr: 0.01 });

// 30 updates a pass; gradients go back 20 steps at most, the state goes through all 600
for (let pass = 0; pass < 5; pass++) {
  const { losses } = truncatedBptt(
    [x, target],
    { chunkLength: 20, update: (computeLoss) => optimizer.step(computeLoss, { clipGradNorm: 1 }) },
    ([x, target], before: readonly [Tensor, Tensor] | undefined) => {
      const [y, state] = lstm.forward(x, before);
      return { loss: mseLoss(head.forward(y), target), state };
    },
  );
  console.log(`pass ${pass}: ${losses.length} updates, last loss ${losses[losses.length - 1].item().toFixed(5)}`);
}

// The same by hand, where chunks arrive one after another
let state: readonly [Tensor, Tensor] | undefined;
for (let start = 0; start < 600; start += 20) {
  optimizer.step(() => {
    const [y, next] = lstm.forward(x.narrow(0, start, 20), state);
    const [h, c] = detachState(next); // cut: the next chunk's gradients stop here
    state = [keep(h), keep(c)]; // step() frees what was made inside, on a GPU; keep takes it out
    return mseLoss(head.forward(y), target.narrow(0, start, 20));
  });
}

// Inference step by step: one value in, one forecast out, the state carried along
noGrad(() => {
  let carried: readonly [Tensor, Tensor] | undefined;
  const stepwise: number[] = [];
  for (let t = 0; t < 100; t++) {
    const [y, next] = lstm.forward(x.narrow(0, t, 1), carried);
    carried = next;
    stepwise.push(head.forward(y).item());
  }
  const [y] = lstm.forward(x.narrow(0, 0, 100));
  const whole = head.forward(y).dataSync();
  const difference = Math.max(...stepwise.map((v, t) => Math.abs(v - whole[t])));
  console.log(`100 single steps and one call differ by less than 1e-6: ${difference < 1e-6}`);
});
