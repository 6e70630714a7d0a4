// A training step leaves as an ONNX file that trains in any language, with ONNX Runtime alone.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadOnnx } from "@unrolled/backend-onnx";
import { exportTraining, type TrainingManifest } from "@unrolled/onnx";
import {
  Adam,
  bernoulli,
  DataLoader,
  type HostTensor,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  setDefaultBackend,
  type Tensor,
  windowSine,
  writeNpz,
} from "unrolled";
import { openBackend } from "./lib/backends.js";
import { readOptions } from "./lib/options.js";
import { runIfProgram } from "./lib/program.js";

const batchSize = 32;

class SineNet extends Module {
  lstm: LSTM;
  linear = new Linear(50, 1);

  /** @param dropout whether there is a second layer, and dropout between the two */
  constructor(dropout: boolean) {
    super();
    this.lstm = new LSTM(1, 50, { batchFirst: true, ...(dropout && { numLayers: 2, dropout: 0.2 }) });
  }

  /** x [N, T, 1] -> [N, 1] */
  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.linear.forward(y.select(1, -1));
  }
}

const host = (tensor: Tensor): HostTensor => ({ data: tensor.dataSync(), shape: tensor.shape, dtype: tensor.dtype });

/** Dropout masks for one batch, whose arrays tell the sizes that have names. */
function drawMasks(manifest: TrainingManifest, batch: Readonly<Record<string, Tensor>>): Record<string, HostTensor> {
  const sizes = new Map(
    manifest.inputs.flatMap(({ name, shape }) => shape.map((size, axis) => [size, batch[name].shape[axis]])),
  );
  const masks = manifest.masks.map(({ name, shape, probability }) => {
    const numbers = shape.map((size) => sizes.get(size) ?? Number(size));
    return [name, host(bernoulli(numbers, probability))];
  });
  return Object.fromEntries(masks);
}

/** What the Python script does, here: the file takes the state and gives it back. */
async function* trainFile(
  bytes: Uint8Array,
  manifest: TrainingManifest,
  initial: Readonly<Record<string, HostTensor>>,
  batches: readonly (readonly [Tensor, Tensor])[],
  epochs: number,
): AsyncGenerator<number> {
  const session = await loadOnnx(bytes, { threads: 1, state: {} });
  const rates = Object.fromEntries(
    manifest.rates.map(({ name, value }): [string, HostTensor] => [
      name,
      { data: Float32Array.of(value), shape: [], dtype: "float32" },
    ]),
  );
  let state: Readonly<Record<string, HostTensor>> = initial;
  for (let epoch = 0; epoch < epochs; epoch++) {
    let loss = 0;
    manualSeed(epoch);
    for (const [x, y] of batches) {
      const masks = drawMasks(manifest, { x, y });
      const results = await session.run({ x: host(x), y: host(y), ...rates, ...masks, ...state });
      state = Object.fromEntries(manifest.state.map(({ input, output }) => [input, results[output]]));
      loss = results.loss.data[0];
    }
    yield loss;
  }
  await session.dispose();
}

async function main(args: readonly string[]): Promise<void> {
  const { seed, backend, out, epochs, dropout } = readOptions(args, { epochs: 5, dropout: false });
  setDefaultBackend(await openBackend(backend));
  manualSeed(seed);
  const model = new SineNet(dropout);
  const optimizer = new Adam(model.parameters());
  const step = (x: Tensor, y: Tensor): Tensor =>
    optimizer.step(() => mseLoss(model.forward(x), y), { clipGradNorm: 1 });
  const { trainWindows } = windowSine();
  const batches = [...new DataLoader(trainWindows, { batchSize })];

  const { bytes, manifest, initial } = await exportTraining(step, {
    inputs: { x: ["batch", "time", 1], y: ["batch", 1] },
    state: [model, optimizer],
  });
  const [[x, y]] = new DataLoader(trainWindows, { batchSize: trainWindows.length });
  const folder = join(out, "export-training");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "step.onnx"), bytes);
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(folder, "initial.npz"), writeNpz(initial));
  writeFileSync(join(folder, "data.npz"), writeNpz({ x: host(x), y: host(y) }));
  console.log(`${folder}: a training step of ${bytes.length} bytes, and what it starts from`);

  let largest = 0;
  let epoch = 0;
  for await (const loss of trainFile(bytes, manifest, initial, batches, epochs)) {
    let eager = 0;
    manualSeed(epoch); // the same dropout masks as in the file's epoch
    for (const batch of batches) eager = step(...batch).item();
    largest = Math.max(largest, Math.abs(loss / eager - 1));
    console.log(`epoch ${++epoch}: loss of the last batch ${loss.toPrecision(6)}, eagerly ${eager.toPrecision(6)}`);
  }
  console.log(`largest relative difference to eager: ${largest.toExponential(1)}`);
}

await runIfProgram(import.meta.url, main);
