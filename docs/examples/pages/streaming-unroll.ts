import { Adam, Linear, LSTM, linspace, manualSeed, mseLoss, noGrad, type Tensor, unroll } from "unrolled";

manualSeed(0);
const wave = linspace(0, 30, 301).sin().reshape([301, 1, 1]);
const lstm = new LSTM(1, 16);
const head = new Linear(16, 1);
const readout = (h: Tensor): Tensor => head.forward(h);
const optimizer = new Adam([...lstm.parameters(), ...head.parameters()], { lr: 0.01 });
for (let i = 0; i < 150; i++) {
  optimizer.step(() => mseLoss(readout(lstm.forward(wave.narrow(0, 0, 250))[0]), wave.narrow(0, 1, 250)));
}

noGrad(() => {
  const [, state] = lstm.forward(wave.narrow(0, 0, 250)); // warm up on what is known
  const { output } = unroll(lstm, { steps: 5, start: wave.select(0, 250), state, readout }); // then on its own outputs
  const line = (values: ArrayLike<number>): string => Array.from(values, (v) => v.toFixed(3)).join(" ");
  console.log("unrolled", line(output.dataSync()));
  console.log("truth   ", line(wave.narrow(0, 251, 5).dataSync()));
});
