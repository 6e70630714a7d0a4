import { LSTM, tensor } from "unrolled";

// One LSTM unit; rows in the order of the gates: i, f, g, o
const lstm = new LSTM(1, 1, { bias: false });
const [wIh, wHh] = [
  [0.5, 1, 0.8, 0.6],
  [0.4, 1.2, -0.5, 0.3],
];
lstm.loadStateDict({ weight_ih_l0: wIh.map((w) => [w]), weight_hh_l0: wHh.map((w) => [w]) });

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
const [x, h, c] = [0.9, 0.2, 0.5];
const sums = wIh.map((w, gate) => w * x + wHh[gate] * h);
const [i, f, o] = [sigmoid(sums[0]), sigmoid(sums[1]), sigmoid(sums[3])];
const g = Math.tanh(sums[2]);
const cNew = f * c + i * g;
const hNew = o * Math.tanh(cNew);

const four = (v: number): string => v.toFixed(4);
console.log(`x ${x}, h ${h}, c ${c}`);
console.log(`input gate  i = sigmoid(${four(sums[0])}) = ${four(i)}`);
console.log(`forget gate f = sigmoid(${four(sums[1])}) = ${four(f)}`);
console.log(`candidate   g = tanh(${four(sums[2])})    = ${four(g)}`);
console.log(`output gate o = sigmoid(${four(sums[3])}) = ${four(o)}`);
console.log(`new cell    c' = ${four(f)} * ${c} + ${four(i)} * ${four(g)} = ${four(cNew)}`);
console.log(`new hidden  h' = ${four(o)} * tanh(${four(cNew)}) = ${four(hNew)}`);

const [, [hLibrary, cLibrary]] = lstm.forward(tensor([[x]]), [tensor([[h]]), tensor([[c]])]);
console.log(`the library: c' ${four(cLibrary.item())}, h' ${four(hLibrary.item())}`);
