// 2,000 training steps of an LSTM on the TensorFlow engine: as many buffers and bytes after the last step as after the tenth.
import { tfjs } from "../../packages/backend-tfjs/dist/index.js";
import { Adam, Linear, LSTM, Module, manualSeed, mseLoss, randn } from "../../packages/unrolled/dist/index.js";

class Net extends Module {
  lstm = new LSTM(3, 32, { numLayers: 2, bidirectional: true });
  head = new Linear(64, 1);
  forward(x, lengths) {
    const [y] = this.lstm.forward(x, undefined, { lengths });
    return this.head.forward(y);
  }
}

const steps = 2000;
const backend = await tfjs("tensorflow");
manualSeed(1);
const model = await new Net().to(backend);
const optimizer = new Adam(model.parameters());
const x = randn([12, 8, 3], { backend });
const y = randn([12, 8, 1], { backend });
const lengths = [12, 12, 9, 7, 5, 3, 1, 12];

const engine = globalThis._tfengine.registry.tensorflow;
function measure() {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { ...backend.memory(), inEngine: engine.numDataIds(), heap: heapUsed + arrayBuffers, rss };
}

let loss = Number.NaN;
let start = measure();
let middle = start;
for (let step = 1; step <= steps; step++) {
  const result = optimizer.step(() => mseLoss(model.forward(x, step % 2 === 0 ? lengths : undefined), y));
  if (step % 500 === 0) loss = await result.item();
  result.dispose();
  if (step === 10) start = measure();
  if (step === steps / 2) middle = measure();
}
const end = measure();
const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const flat = end.buffers === start.buffers && end.bytes === start.bytes && end.inEngine === start.inEngine;
const steady = end.heap - middle.heap < 2 * 2 ** 20;
console.log(`  ${flat && steady ? "ok    " : "FAILED"} ${steps} steps, last loss ${loss.toFixed(4)}`);
console.log(
  `         buffers ${start.buffers} -> ${end.buffers}, bytes ${start.bytes} -> ${end.bytes}, in the engine ${start.inEngine} -> ${end.inEngine}`,
);
console.log(
  `         JavaScript memory ${megabytes(middle.heap)} at half -> ${megabytes(end.heap)}, process ${megabytes(middle.rss)} -> ${megabytes(end.rss)}`,
);
process.exit(flat && steady && Number.isFinite(loss) ? 0 : 1);
