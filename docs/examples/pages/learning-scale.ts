import { Adam, LSTM, manualSeed, mseLoss, StandardScaler, sine, slidingWindows, stack, tensor } from "unrolled";

const passengers = sine({ length: 120, period: 12, amplitude: 200 }).map((value) => value + 1000);
function errorAfterTraining(series: Float64Array): number {
  manualSeed(0);
  const model = new LSTM(1, 1, { batchFirst: true });
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  const windows = slidingWindows(series, { length: 12 });
  const samples = Array.from({ length: windows.length }, (_, i) => windows.get(i));
  const x = stack(samples.map(([part]) => tensor(part.data, { shape: part.shape })));
  const y = stack(samples.map(([, next]) => tensor(next.data, { shape: next.shape })));
  let loss = 0;
  for (let i = 0; i < 150; i++) loss = optimizer.step(() => mseLoss(model.forward(x)[0].select(1, -1), y)).item();
  return loss / y.variance().item(); // 1 is as good as the mean
}
console.log("as it is:", errorAfterTraining(passengers).toFixed(2));
console.log(
  "scaled:",
  errorAfterTraining(new StandardScaler().fit(passengers).transform(passengers) as Float64Array).toFixed(2),
);
