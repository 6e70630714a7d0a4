import "./forecast-csv-data.js"; // writes sales.csv; leave this out for a file of your own
import { readFile, writeFile } from "node:fs/promises";
import { forecast, loadForecaster, readSeries, saveStateDict } from "unrolled";

const { values, dates, warnings } = readSeries(await readFile("sales.csv"), { column: "sales" });
console.log(`${values.length} values, warnings: ${warnings.length}`);

const series = { name: "sales", values, ...(dates && { dates }) };
const run = await forecast(series, { horizon: 6, seed: 0 });
console.log(`season ${run.options.season}: ${run.seasonReason}`);
console.log(`network used: ${run.network.used}, first guess: ${run.network.firstGuess}`);

console.log(`backtest: ${run.backtest.origins} forecasts from the last ${run.backtest.holdout} values`);
for (const { name, mae, mase } of run.backtest.rows)
  console.log(`  ${name}: MAE ${mae.toFixed(1)}, MASE ${mase.toFixed(2)}`);

const next = run.forecast;
console.log(`forecast, and the interval that holds ${100 * next.level}% of the backtest's errors`);
next.values.forEach((value, i) => {
  console.log(`  ${next.dates?.[i]}  ${value.toFixed(0)}  ${next.lower[i].toFixed(0)} to ${next.upper[i].toFixed(0)}`);
});

// Save, and forecast again later
await writeFile("sales.json", JSON.stringify(run.config));
await writeFile("sales.safetensors", await saveStateDict(run.model));
const loaded = loadForecaster(JSON.parse(await readFile("sales.json", "utf8")), await readFile("sales.safetensors"));
const again = await loaded.predict(series);
console.log(`the same after loading: ${again.values.every((v, i) => Math.abs(v - next.values[i]) < 1e-6)}`);
