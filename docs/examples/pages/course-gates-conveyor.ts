import { grad, LSTM, tensor, zeros } from "unrolled";

// How much of a slope is left in the cell state after so many steps back, by what the forget gate says
const steps = [1, 5, 10, 20, 50];
const lstm = new LSTM(1, 1);
const four = [0, 0, 0, 0];
console.log(`forget bias  gate  ${steps.map((n) => `${n} back`.padStart(9)).join("")}`);
for (const bias of [0, 1, 3, 5]) {
  lstm.loadStateDict({
    weight_ih_l0: four.map((w) => [w]),
    weight_hh_l0: four.map((w) => [w]),
    bias_ih_l0: [0, bias, 0, 0], // i, f, g, o
    bias_hh_l0: four,
  });
  const slopes = steps.map((n) => {
    const first = tensor([[1]], { requiresGrad: true });
    const [, [, last]] = lstm.forward(zeros([n, 1]), [zeros([1, 1]), first]);
    return grad(last.sum(), [first])[0].item();
  });
  const gate = 1 / (1 + Math.exp(-bias));
  const columns = slopes.map((slope) => slope.toPrecision(3).padStart(9)).join("");
  console.log(`${String(bias).padEnd(11)}  ${gate.toFixed(3)} ${columns}`);
}
