import { elmanSine, Linear, manualSeed, RNN, SGD, type Tensor, tensor } from "unrolled";

const series = elmanSine();
const x = tensor(series.x, { shape: [20, 1] });
const y = tensor(series.y, { shape: [20, 1] });

/** The sum of the 20 losses in each epoch, with an update after every point. */
function train(hiddenSize: number, remembers: boolean): number[] {
  manualSeed(0);
  const rnn = new RNN(1, hiddenSize);
  const output = new Linear(hiddenSize, 1);
  const optimizer = new SGD([...rnn.parameters(), ...output.parameters()], { lr: 0.1 });
  return Array.from({ length: 300 }, () => {
    let context: Tensor | undefined; // zeros
    let sum = 0;
    for (let t = 0; t < 20; t++) {
      let next = context;
      const loss = optimizer.step(() => {
        const [hidden, state] = rnn.forward(x.narrow(0, t, 1), context);
        next = state.detach(); // a number for the next point, not a path for gradients
        return output
          .forward(hidden)
          .sub(y.narrow(0, t, 1))
          .square()
          .sum()
          .div(2);
      });
      sum += loss.item();
      context = remembers ? next : undefined;
    }
    return sum;
  });
}

const shown = [0, 10, 50, 100, 299];
console.log(`${"epoch".padEnd(27)}${shown.map((epoch) => String(epoch).padStart(9)).join("")}`);
for (const [name, units, remembers] of [
  ["six neurons, context", 6, true],
  ["one neuron, context", 1, true],
  ["six neurons, no context", 6, false],
] as const) {
  const losses = train(units, remembers);
  console.log(`${name.padEnd(27)}${shown.map((epoch) => losses[epoch].toFixed(4).padStart(9)).join("")}`);
}
