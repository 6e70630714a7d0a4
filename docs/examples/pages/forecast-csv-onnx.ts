import "./forecast-csv-data.js"; // writes sales.csv; leave this out for a file of your own
import { readFile, writeFile } from "node:fs/promises";
import { loadOnnx } from "@unrolled/backend-onnx";
import { exportOnnx } from "@unrolled/onnx";
import { forecast, RawForecaster, readSeries } from "unrolled";

const { values, dates } = readSeries(await readFile("sales.csv"), { column: "sales" });
const series = { name: "sales", values, ...(dates && { dates }) };
const run = await forecast(series, { horizon: 6, seed: 0 });

// Scaling, features and first guess go into the file, too
const raw = new RawForecaster(run);
await writeFile("sales.onnx", await exportOnnx(raw, { inputs: raw.inputSpecs, outputs: ["forecast"] }));

await using session = await loadOnnx("sales.onnx");
for (const { name, shape, dtype } of session.inputs) console.log(name, shape, dtype);
const { forecast: next } = await session.run(raw.inputsOf(series));
console.log(Array.from(next.data, Math.round).join(" "));
const difference = Math.max(...run.forecast.values.map((value, i) => Math.abs(value - next.data[i])));
console.log(`largest difference below 0.001: ${difference < 0.001}`);
