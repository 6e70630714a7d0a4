// An LSTM that has learned a sine leaves as ONNX with its scaler inside, and runs again in ONNX Runtime: with other batches and
// lengths, step by step on a stream, and with smaller weights. Each time the largest difference to the model itself is printed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { largestDifference, loadOnnx, verifyOnnx } from "@unrolled/backend-onnx";
import { exportOnnx } from "@unrolled/onnx";
import {
  Adam,
  type Backend,
  DataLoader,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  noGrad,
  StandardScaler,
  scope,
  sine,
  type Tensor,
  tensor,
} from "unrolled";
import { openBackend } from "./lib/backends.js";
import { readOptions, UsageError } from "./lib/options.js";
import { runIfProgram } from "./lib/program.js";
import { showChart } from "./lib/show-chart.js";

const hiddenSize = 32;
const windowLength = 25;

export class SineNet extends Module {
  lstm = new LSTM(1, hiddenSize, { batchFirst: true });
  head = new Linear(hiddenSize, 1);

  /** Scaled values [B, T, 1] -> for each the one after it, [B, T, 1]. */
  override forward(x: Tensor): Tensor {
    const [hidden] = this.lstm.forward(x);
    return this.head.forward(hidden);
  }
}

/** Degrees around 20, say: what the exported file takes and gives. */
function temperatures(length: number): Float64Array {
  return sine({ length, period: 25, amplitude: 8 }).map((value) => value + 20);
}

async function train(model: SineNet, values: Float64Array, epochs: number, backend: Backend): Promise<void> {
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const windows = Array.from({ length: values.length - windowLength }, (_, i): [Float32Array, Float32Array] => [
    Float32Array.from(values.subarray(i, i + windowLength)),
    Float32Array.from(values.subarray(i + 1, i + windowLength + 1)),
  ]);
  const loader = new DataLoader(windows, { batchSize: 32, shuffle: true, backend });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let total = 0;
    for (const [x, next] of loader)
      total += scope(() => optimizer.step(() => mseLoss(model.forward(x.unsqueeze(2)), next.unsqueeze(2))).item());
    console.log(`Epoch ${epoch}: loss ${(total / loader.length).toFixed(5)}`);
  }
  model.eval();
}

interface Values {
  readonly data: Float32Array;
  /** [B, T, 1] */
  readonly shape: readonly number[];
}

/** `batch` pieces of a series, `time` long, each a few points after the other. */
function pieces(series: Float64Array, batch: number, time: number): Values {
  const data = Float32Array.from({ length: batch * time }, (_, i) => series[7 * Math.floor(i / time) + (i % time)]);
  return { data, shape: [batch, time, 1] };
}

/** What the model makes of raw values by itself: scaled, forecast, scaled back. */
async function eager(
  model: SineNet,
  scaler: StandardScaler,
  { data, shape }: Values,
  backend: Backend,
): Promise<Values> {
  const scaled = Float32Array.from(scaler.transform(data));
  const output = scope(() => noGrad(() => model.forward(tensor(scaled, { shape, backend }))));
  const forecast = Float64Array.from(await output.data());
  output.dispose();
  return { data: Float32Array.from(scaler.inverseTransform(forecast)), shape };
}

export async function main(args: readonly string[]): Promise<void> {
  const { seed, backend, epochs, out } = readOptions(args, { epochs: 15 });
  const device = await openBackend(backend);
  manualSeed(seed);
  const series = temperatures(400);
  const scaler = new StandardScaler().fit(series);
  const model = await new SineNet().to(device);
  await train(model, scaler.transform(series), epochs, device);

  const folder = join(out, "export-onnx");
  const [scale] = scaler.scale;
  const report = (name: string, bytes: Uint8Array, what: string, difference: number): void => {
    writeOutput(folder, name, bytes);
    const size = `${(bytes.length / 1000).toFixed(1)} kB`.padStart(8);
    const words = `largest difference to eager ${(difference / scale).toExponential(1)} of the scale`;
    console.log(`${name.padEnd(18)} ${size}  ${what.padEnd(26)}  ${words}`);
  };
  console.log("\nRaw values in, raw forecasts out, in ONNX Runtime:");

  const options = {
    inputs: { x: ["batch", "time", 1] },
    outputs: ["y"],
    scale: { x: scaler, y: scaler },
  } as const;
  const samples = [];
  for (const x of [pieces(series, 1, 1), pieces(series, 3, 40), pieces(series, 8, 200)])
    samples.push({ inputs: { x }, outputs: { y: (await eager(model, scaler, x, device)).data } });
  const bytes = await exportOnnx(model, options);
  report("sine.onnx", bytes, "batches 1, 3, 8", (await verifyOnnx(bytes, samples)).y.absolute);

  const stream = await exportOnnx(model, { ...options, stateful: true });
  await using session = await loadOnnx(stream);
  const x = pieces(series, 1, 100);
  const stepped = new Float32Array(100);
  for (const [i, value] of x.data.entries()) stepped[i] = (await session.step([[[value]]])).y.data[0];
  const whole = await eager(model, scaler, x, device);
  report("sine-stream.onnx", stream, "100 values, one at a time", largestDifference(stepped, whole.data).absolute);

  for (const weights of ["float16", "int8"] as const) {
    const smaller = await exportOnnx(model, { ...options, weights });
    report(`sine-${weights}.onnx`, smaller, `${weights} weights`, (await verifyOnnx(smaller, samples)).y.absolute);
  }

  // The stream goes on: each forecast is the next value.
  const continued = [stepped[99]];
  while (continued.length < 50) continued.push((await session.step([[[continued.at(-1) ?? 0]]])).y.data[0]);
  showChart(out, "export-onnx", {
    title: "A sine, continued by sine-stream.onnx",
    xLabel: "time",
    series: [
      { name: "Actual", y: [...series.subarray(50, 150)], x: [...series.keys()].slice(50, 150), style: "line" },
      { name: "Continued", y: continued, x: continued.map((_, i) => 100 + i), style: "points" },
    ],
  });
}

function writeOutput(folder: string, name: string, bytes: Uint8Array): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), bytes);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new UsageError(`${name} cannot be written: ${error.message}. Choose another folder with --out.`);
  }
}

await runIfProgram(import.meta.url, main);
