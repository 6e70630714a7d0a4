// The adding problem: keep two marked values of a hundred in mind, and give their sum. An LSTM learns it, a plain RNN does not.
import {
  Adam,
  addingProblem,
  type Backend,
  DataLoader,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  noGrad,
  RNN,
  scope,
  setForgetBias_,
  type Tensor,
} from "unrolled";
import { openBackend } from "./lib/backends.js";
import { readOptions } from "./lib/options.js";
import { runIfProgram } from "./lib/program.js";
import { showChart } from "./lib/show-chart.js";

const hiddenSize = 32;
const batchSize = 32;
const learningRate = 0.01;
const clipGradNorm = 1;
/** What answering 1 always has as its mean squared error: the variance of the sum of two uniform values. */
export const baseline: number = 1 / 6;

/** Reads a sequence, and answers from the last output. */
export class Adder extends Module {
  rnn: LSTM | RNN;
  linear: Linear = new Linear(hiddenSize, 1);

  constructor(rnn: LSTM | RNN) {
    super();
    this.rnn = rnn;
  }

  /** x [N, T, 2] -> [N, 1] */
  override forward(x: Tensor): Tensor {
    const [output] = this.rnn.forward(x); // [N, T, 32]
    return this.linear.forward(output.select(1, -1));
  }
}

/** An LSTM that starts out by remembering, and a plain RNN. */
export function makeAdders(): { lstm: Adder; rnn: Adder } {
  const lstm = setForgetBias_(new LSTM(2, hiddenSize, { batchFirst: true }), 1);
  return { lstm: new Adder(lstm), rnn: new Adder(new RNN(2, hiddenSize, { batchFirst: true })) };
}

export interface Lesson {
  readonly length: number;
  readonly steps: number;
  readonly backend?: Backend;
}

export interface Losses {
  readonly lstm: number;
  readonly rnn: number;
}

/** Teaches both with the same batches, in which no sequence comes twice. Yields each step's losses. */
export function* train({ lstm, rnn }: ReturnType<typeof makeAdders>, lesson: Lesson): Generator<Losses> {
  const { length, steps, ...place } = lesson;
  const sequences = addingProblem({ length, count: steps * batchSize });
  const optimizers = [lstm, rnn].map((model) => new Adam(model.parameters(), { lr: learningRate }));
  for (const [x, y] of new DataLoader(sequences, { batchSize, ...place })) {
    const [lstmLoss, rnnLoss] = [lstm, rnn].map((model, i) =>
      scope(() => optimizers[i].step(() => mseLoss(model.forward(x), y), { clipGradNorm }).item()),
    );
    yield { lstm: lstmLoss, rnn: rnnLoss };
  }
}

/** The mean squared error over 1,000 more sequences. */
export function evaluate(model: Adder, { length, backend }: Omit<Lesson, "steps">): number {
  const loader = new DataLoader(addingProblem({ length, count: 1000 }), {
    batchSize: 250,
    ...(backend && { backend }),
  });
  return mean(Array.from(loader, ([x, y]) => scope(() => noGrad(() => mseLoss(model.forward(x), y)).item())));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export async function main(args: readonly string[]): Promise<void> {
  const { seed, backend: name, out, steps, length } = readOptions(args, { steps: 1500, length: 100 });
  const backend = await openBackend(name);
  manualSeed(seed);
  const adders = makeAdders();
  for (const model of Object.values(adders)) await model.to(backend);

  console.log(`Mean squared errors, sequences of ${length}. An answer that is always 1 has ${baseline.toFixed(4)}.`);
  const every = Math.ceil(steps / 15);
  const reports: { step: number; lstm: number; rnn: number }[] = [];
  let losses: Losses[] = [];
  let step = 0;
  for (const loss of train(adders, { length, steps, backend })) {
    losses.push(loss);
    step++;
    if (step % every !== 0 && step !== steps) continue;
    const report = { step, lstm: mean(losses.map(({ lstm }) => lstm)), rnn: mean(losses.map(({ rnn }) => rnn)) };
    console.log(`Step ${String(step).padStart(5)}   LSTM ${report.lstm.toFixed(4)}   RNN ${report.rnn.toFixed(4)}`);
    reports.push(report);
    losses = [];
  }
  const after = { lstm: evaluate(adders.lstm, { length, backend }), rnn: evaluate(adders.rnn, { length, backend }) };
  console.log(`New sequences LSTM ${after.lstm.toFixed(4)}   RNN ${after.rnn.toFixed(4)}`);

  const x = reports.map((report) => report.step);
  showChart(out, "adding-problem", {
    title: `The adding problem: two marked values among ${length}`,
    xLabel: "training step",
    yLabel: "mean squared error",
    series: [
      { name: "Always 1", x, y: x.map(() => baseline), style: "points" },
      { name: "RNN", x, y: reports.map(({ rnn }) => rnn), style: "line" },
      { name: "LSTM", x, y: reports.map(({ lstm }) => lstm), style: "line" },
    ],
  });
}

await runIfProgram(import.meta.url, main);
