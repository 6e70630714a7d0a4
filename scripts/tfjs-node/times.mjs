// Training steps of works W3 and W4 of the benchmark, beside tf.layers on the same engine, in turns. Times fail no check.
import { createRequire } from "node:module";
import { join } from "node:path";
import { tfjs } from "../../packages/backend-tfjs/dist/index.js";
import {
  Adam,
  DataLoader,
  GRU,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  rand,
  randn,
  windowSine,
} from "../../packages/unrolled/dist/index.js";
import { tfjsNodeFolder } from "./folder.mjs";

const tf = createRequire(join(tfjsNodeFolder(), "package.json"))("@tensorflow/tfjs-node");
const backend = await tfjs("tensorflow");
manualSeed(1);

class Net extends Module {
  constructor(cell, inputSize, hiddenSize, withHead) {
    super();
    this.cell = new cell(inputSize, hiddenSize);
    this.head = withHead ? new Linear(hiddenSize, 1) : null;
  }
  forward(x) {
    const [y] = this.cell.forward(x);
    return this.head ? this.head.forward(y.select(0, -1)) : y;
  }
}

async function ours({ cell, inputSize, hiddenSize, head, batches }) {
  const model = await new Net(cell, inputSize, hiddenSize, head).to(backend);
  const optimizer = new Adam(model.parameters());
  const own = await Promise.all(
    batches.map(async ([x, y]) => [
      await x.swapAxes(0, 1).to(backend),
      await (head ? y : y.swapAxes(0, 1)).to(backend),
    ]),
  );
  return async () => {
    for (const [i, [x, y]] of own.entries()) {
      const loss = optimizer.step(() => mseLoss(model.forward(x), y));
      if (i === own.length - 1) await loss.item();
      loss.dispose();
    }
  };
}

async function layers({ cell, hiddenSize, head, batches }) {
  const [[first]] = batches;
  const model = tf.sequential();
  const options = {
    units: hiddenSize,
    inputShape: first.shape.slice(1),
    returnSequences: !head,
    recurrentInitializer: "glorotUniform",
  };
  model.add(cell === LSTM ? tf.layers.lstm(options) : tf.layers.gru(options));
  if (head) model.add(tf.layers.dense({ units: 1 }));
  model.compile({ optimizer: tf.train.adam(1e-3), loss: "meanSquaredError" });
  const theirs = await Promise.all(
    batches.map(async ([x, y]) => [tf.tensor(await x.data(), x.shape), tf.tensor(await y.data(), y.shape)]),
  );
  return async () => {
    for (const [x, y] of theirs) await model.trainOnBatch(x, y);
  };
}

const middle = (cell) => ({
  cell,
  inputSize: 64,
  hiddenSize: 256,
  head: false,
  batches: [[randn([32, 64, 64]), rand([32, 64, 256]).sub(0.5)]],
  repetitions: 20,
});
const works = {
  "W3, 24 steps of LSTM(1, 50), batch 32 x 10": {
    cell: LSTM,
    inputSize: 1,
    hiddenSize: 50,
    head: true,
    batches: [...new DataLoader(windowSine().trainWindows, { batchSize: 32 })],
    repetitions: 10,
  },
  "W4, a step of LSTM(64, 256), batch 32 x 64": middle(LSTM),
  "W4-GRU, a step of GRU(64, 256), batch 32 x 64": middle(GRU),
};

/** @param {readonly number[]} times */
const summary = (times) => {
  const sorted = [...times].sort((a, b) => a - b);
  return `${sorted[sorted.length >> 1].toFixed(1)} ms (best ${sorted[0].toFixed(1)})`;
};

await tf.setBackend("tensorflow");
for (const [name, work] of Object.entries(works)) {
  const runs = [await ours(work), await layers(work)];
  const times = runs.map(() => []);
  for (let i = -3; i < work.repetitions; i++) {
    for (const [which, run] of runs.entries()) {
      const started = performance.now();
      await run();
      if (i >= 0) times[which].push(performance.now() - started);
    }
  }
  console.log(`  ${name}: ${summary(times[0])}; tf.layers ${summary(times[1])}`);
}
