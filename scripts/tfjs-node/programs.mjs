// The example programs, from the same seed on cpu and on the TensorFlow engine: the first updates, and the whole run.
import { learnSine } from "../../docs/dist/examples/elman-sine.js";
import { evaluate, loaders, RnnLstm, train as trainLstm } from "../../docs/dist/examples/lstm-windows.js";
import { train as trainRnn } from "../../docs/dist/examples/rnn-subsequences.js";
import { tfjs } from "../../packages/backend-tfjs/dist/index.js";
import {
  Adam,
  cpu,
  manualSeed,
  mseLoss,
  RNN,
  randn,
  randomSubsequence,
  scope,
  withBackend,
} from "../../packages/unrolled/dist/index.js";

const updates = 50;
const backends = { cpu: cpu(), tensorflow: await tfjs("tensorflow") };

/** Each returns the first losses, and the quality after the whole run. */
const programs = {
  "elman-sine": (backend) =>
    withBackend(backend, () => {
      const losses = [];
      const weights = {
        w1: randn([7, 6], { std: 0.4, requiresGrad: true }),
        w2: randn([6, 1], { std: 0.3, requiresGrad: true }),
      };
      learnSine(weights, 300, (_, loss) => losses.push(loss));
      return { first: losses.slice(0, 3), what: "3 epochs of 20 updates", quality: losses.at(-1) }; // it reports epochs only
    }),

  "lstm-windows": async (backend) => {
    const { trainLoader, testLoader } = loaders(backend);
    const model = await new RnnLstm().to(backend);
    const start = model.stateDict();
    const initial = Object.fromEntries(Object.entries(start).map(([name, value]) => [name, value.toArray()]));
    const optimizer = new Adam(model.parameters());
    const first = [];
    while (first.length < updates) {
      for (const [x, y] of trainLoader) {
        if (first.length === updates) break;
        first.push(scope(() => optimizer.step(() => mseLoss(model.forward(x), y)).item()));
      }
    }
    model.loadStateDict(initial);
    for (const _ of trainLstm(model, trainLoader, 5));
    const [[x, y]] = testLoader;
    return { first, what: `${updates} updates`, quality: evaluate(model, x, y).loss };
  },

  "rnn-subsequences": (backend) =>
    withBackend(backend, () => {
      const model = new RNN(1, 4);
      const subsequences = Array.from({ length: 20_000 }, () => randomSubsequence());
      const losses = [...trainRnn(model, subsequences)];
      const last = losses.slice(-2000);
      const quality = last.reduce((sum, loss) => sum + loss, 0) / last.length;
      return { first: losses.slice(0, updates), what: `${updates} updates`, quality };
    }),
};

let failed = false;
for (const [name, program] of Object.entries(programs)) {
  const results = {};
  const seconds = {};
  for (const [engine, backend] of Object.entries(backends)) {
    manualSeed(1);
    const started = performance.now();
    results[engine] = await program(backend);
    seconds[engine] = ((performance.now() - started) / 1000).toFixed(1);
  }
  const { cpu: ours, tensorflow } = results;
  const apart = Math.max(...ours.first.map((loss, i) => Math.abs(tensorflow.first[i] - loss) / Math.abs(loss)));
  const ratio = tensorflow.quality / ours.quality;
  const good = apart <= 1e-4 && ratio > 0.8 && ratio < 1.25;
  failed ||= !good;
  console.log(
    `  ${good ? "ok    " : "FAILED"} ${name}: ${tensorflow.what} within ${apart.toExponential(1)} of cpu; ` +
      `after the whole run ${tensorflow.quality.toExponential(3)} (cpu ${ours.quality.toExponential(3)}); ` +
      `${seconds.tensorflow} s (cpu ${seconds.cpu} s)`,
  );
}
process.exit(failed ? 1 : 0);
