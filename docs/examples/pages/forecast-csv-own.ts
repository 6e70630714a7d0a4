import "./forecast-csv-data.js";
import { readFile } from "node:fs/promises";
import {
  Adam,
  backtest,
  chronologicalSplit,
  DataLoader,
  fit,
  GRU,
  Linear,
  Module,
  mae,
  manualSeed,
  mseLoss,
  noGrad,
  readSeries,
  StandardScaler,
  seasonalNaive,
  slidingWindows,
  type Tensor,
  tensor,
} from "unrolled";

manualSeed(0);
const [window, horizon, season] = [12, 6, 12];
const { values } = readSeries(await readFile("sales.csv"), { column: "sales" });

// Take out season and trend: the change since the same month of the year before
const changesOf = (series: Float64Array) => series.slice(season).map((value, i) => value - series[i]);

// Split in time order, scale by the training part, cut windows from each part
const { train, validation } = chronologicalSplit(changesOf(values), { train: 54, validation: 30, test: 24 });
const scaler = new StandardScaler().fit(train);
const loader = (part: Float64Array) =>
  new DataLoader(slidingWindows(scaler.transform(part), { length: window, horizon }), { batchSize: 16, shuffle: true });

class Direct extends Module {
  gru = new GRU(1, 24, { batchFirst: true });
  head = new Linear(24, horizon); // all steps at once
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.gru.forward(x)[0].select(1, -1));
  }
}
const model = new Direct();
const result = await fit({
  model,
  optimizer: new Adam(model.parameters(), { lr: 0.01 }),
  train: loader(train),
  validation: loader(validation),
  loss: ([x, y]) => mseLoss(model.forward(x), y),
  epochs: 100,
  patience: 15,
});
console.log(`best epoch: ${result.bestEpoch}, stopped early: ${result.stoppedEarly}`);

// A rule gets the values before each origin, and nothing else
function rule(history: Float64Array): Float64Array {
  const x = tensor(Float32Array.from(scaler.transform(changesOf(history).slice(-window)))).reshape([1, window, 1]);
  const scaled = noGrad(() => model.forward(x)).dataSync();
  const changes = scaler.inverseTransform(Float64Array.from(scaled));
  return changes.map((change, i) => history[history.length - season + i] + change);
}
const rules = { network: rule, "last year": seasonalNaive(season) };
for (const [name, each] of Object.entries(rules)) {
  const runs = await backtest(values, each, { holdout: 24, horizon });
  const errors = runs.map(({ actual, predicted }) => mae(actual, predicted));
  console.log(
    `${name}: MAE ${(errors.reduce((a, b) => a + b) / runs.length).toFixed(1)} over ${runs.length} forecasts`,
  );
}
