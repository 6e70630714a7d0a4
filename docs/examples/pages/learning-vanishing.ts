import { gradientNormByTime, LSTM, manualSeed, RNN, randn, setForgetBias_ } from "unrolled";

manualSeed(0);
const x = randn([60, 8, 1]);
const layers = {
  RNN: new RNN(1, 16),
  LSTM: new LSTM(1, 16),
  "LSTM, forget bias 3": setForgetBias_(new LSTM(1, 16), 3),
};
for (const [name, layer] of Object.entries(layers)) {
  const norms = gradientNormByTime(layer as LSTM, x, (y) => y.select(0, -1).sum()).dataSync();
  console.log(name.padEnd(20), Number(norms[0] / norms[59]).toExponential(1)); // the first step's share of the last one's
}
