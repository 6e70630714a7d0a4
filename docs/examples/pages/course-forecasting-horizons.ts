import {
  Adam,
  DataLoader,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  noGrad,
  slidingWindows,
  sumOfSines,
  type Tensor,
  tensor,
} from "unrolled";

const [length, testLength, windowLength, period] = [600, 120, 24, 24];

class NextValue extends Module {
  lstm = new LSTM(1, 24, { batchFirst: true });
  head = new Linear(24, 1);

  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.head.forward(y.select(1, -1));
  }
}

manualSeed(0);
const series = sumOfSines({ length, waves: [{ period }, { period: 7, amplitude: 0.5 }], noise: 0.1 });
const known = series.slice(0, length - testLength); // the network never trains on the rest
const model = new NextValue();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const loader = new DataLoader(slidingWindows(known, { length: windowLength }), { batchSize: 32, shuffle: true });
for (let epoch = 0; epoch < 12; epoch++)
  for (const [x, y] of loader) optimizer.step(() => mseLoss(model.forward(x), y));

/** From the true values before `at`, then from its own: `count` values. */
function freeRunning(at: number, count: number): number[] {
  const values = Array.from(series.slice(at - windowLength, at));
  for (let i = 0; i < count; i++)
    values.push(model.forward(tensor(values.slice(-windowLength)).reshape([1, windowLength, 1])).item());
  return values.slice(windowLength);
}

const horizons = [1, 2, 5, 10, 20];
const squares = { network: [0, 0, 0, 0, 0], "last value": [0, 0, 0, 0, 0], "a period ago": [0, 0, 0, 0, 0] };
const starts = Array.from({ length: 50 }, (_, i) => length - testLength + 2 * i);
noGrad(() => {
  for (const at of starts) {
    const forecast = freeRunning(at, 20);
    horizons.forEach((horizon, k) => {
      const truth = series[at + horizon - 1];
      squares.network[k] += (forecast[horizon - 1] - truth) ** 2;
      squares["last value"][k] += (series[at - 1] - truth) ** 2;
      squares["a period ago"][k] += (series[at + horizon - 1 - period] - truth) ** 2;
    });
  }
});
console.log(`RMSE over ${starts.length} starts in the test part; the noise alone is 0.100`);
console.log(`steps ahead   ${horizons.map((h) => String(h).padStart(7)).join("")}`);
for (const [name, sums] of Object.entries(squares))
  console.log(
    `${name.padEnd(13)} ${sums
      .map((sum) =>
        Math.sqrt(sum / starts.length)
          .toFixed(3)
          .padStart(7),
      )
      .join("")}`,
  );
