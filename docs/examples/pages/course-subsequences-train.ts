import {
  concat,
  manualSeed,
  mseLoss,
  noGrad,
  RNN,
  randomSubsequence,
  SGD,
  sineCycle,
  type Tensor,
  tensor,
} from "unrolled";

manualSeed(0);
const rnn = new RNN(1, 4);
const optimizer = new SGD(rnn.parameters(), { lr: 0.1 });
const column = (values: ArrayLike<number>): Tensor => tensor(Float32Array.from(values), { shape: [values.length, 1] });
/** The fourth unit after the last value. */
const predictNext = (sequence: Tensor): Tensor => rnn.forward(sequence)[0].select(0, -1).select(0, -1);

let sum = 0;
for (let step = 1; step <= 20_000; step++) {
  const { x, y, start } = randomSubsequence();
  if (step <= 3) console.log(`step ${step}: reads ${x.length} values from point ${start}, then comes ${y.toFixed(4)}`);
  sum += optimizer.step(() => mseLoss(predictNext(column(x)), tensor(y))).item();
  if (step % 4000 !== 0) continue;
  console.log(`steps ${step - 3999} to ${step}: mean loss ${(sum / 4000).toFixed(5)}`);
  sum = 0;
}

// Six known values, then ten predictions, each read as the next input
const truth = sineCycle();
const continued = (start: number): Float32Array =>
  noGrad(() => {
    let sequence = column(truth.slice(start, start + 6));
    for (let i = 0; i < 10; i++) sequence = concat([sequence, predictNext(sequence).reshape([1, 1])]);
    return sequence.dataSync().slice(6) as Float32Array;
  });
const line = (values: ArrayLike<number>): string => Array.from(values, (v) => v.toFixed(2).padStart(5)).join(" ");
for (const start of [16, 4]) {
  console.log(`predicted after points ${start} to ${start + 5}: ${line(continued(start))}`);
  console.log(`sine ${line(truth.slice(start + 6, start + 16)).padStart(86)}`);
}
