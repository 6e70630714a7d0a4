// A plain RNN of four units continues a sine from a few of its values. Then one forward pass is done by hand.
import type { ChartSpec } from "@unrolled/cli/charts";
import {
  concat,
  cpu,
  manualSeed,
  mseLoss,
  noGrad,
  RNN,
  randomSubsequence,
  SGD,
  type Subsequence,
  scope,
  setDefaultBackend,
  sineCycle,
  type Tensor,
  tensor,
  zeros,
} from "unrolled";
import { openBackend } from "./lib/backends.js";
import { readOptions } from "./lib/options.js";
import { printedInput, printedPredictions, printedStart, printedWeights } from "./lib/printed-rnn.js";
import { runIfProgram } from "./lib/program.js";
import { fixed, spellOut, stepsByHand } from "./lib/rnn-by-hand.js";
import { showChart } from "./lib/show-chart.js";

const [inputSize, hiddenSize] = [1, 4];
const learningRate = 0.1;
const toGenerate = 10;

const column = (values: ArrayLike<number>): Tensor => tensor(Float32Array.from(values), { shape: [values.length, 1] });

/** The last unit after the last value of `sequence` [T, 1]: the guess at the value that follows, a scalar. */
function predictNext(model: RNN, sequence: Tensor): Tensor {
  const hidden = zeros([1, hiddenSize]);
  const [output] = model.forward(sequence, hidden);
  return output.select(0, -1).select(0, -1);
}

/** A step of SGD on each subsequence. Yields the losses. */
export function* train(model: RNN, subsequences: Iterable<Pick<Subsequence, "x" | "y">>): Generator<number> {
  const optimizer = new SGD(model.parameters(), { lr: learningRate });
  for (const { x, y } of subsequences)
    yield scope(() => optimizer.step(() => mseLoss(predictNext(model, column(x)), tensor(y))).item());
}

function* randomSubsequences(count: number): Generator<Subsequence> {
  for (let i = 0; i < count; i++) yield randomSubsequence();
}

/** Appends ten predictions, each made from all values before it, and returns them. */
export function freeRun(model: RNN, start: ArrayLike<number>): number[] {
  return scope(() =>
    noGrad(() => {
      let sequence = column(start);
      for (let i = 0; i < toGenerate; i++) {
        const next = predictNext(model, sequence);
        sequence = concat([sequence, next.reshape([1, 1])]);
      }
      return Array.from(sequence.dataSync().slice(-toGenerate));
    }),
  );
}

/** The states after each value of `sequence`, as the RNN layer computes them. */
export function hiddenStates(model: RNN, sequence: ArrayLike<number>): number[][] {
  return scope(() => {
    const [output] = noGrad(() => model.forward(column(sequence), zeros([1, hiddenSize])));
    return output.unbind(0).map((row) => Array.from(row.dataSync()));
  });
}

function trainAndReport(model: RNN, steps: number, verbose: boolean): void {
  const every = verbose ? 10 : 500;
  let [step, sum, count] = [0, 0, 0];
  for (const loss of train(model, randomSubsequences(steps))) {
    step++;
    sum += loss;
    count++;
    if (step % every !== 0 && step !== steps) continue;
    const shown = verbose ? loss.toFixed(4) : `${(sum / count).toFixed(4)} (mean of ${count})`;
    console.log(`Epoch: ${step}/${steps}, Loss: ${shown}`);
    [sum, count] = [0, 0];
  }
}

async function printWeights(model: RNN): Promise<void> {
  for (const [name, parameter] of model.namedParameters()) console.log(`${name}: ${await parameter.to(cpu())}`);
}

function printContinuation(known: ArrayLike<number>, predictions: readonly number[]): void {
  console.log("\nThe known values, then the predictions:");
  for (const value of Array.from(known)) console.log(`  ${value}`);
  console.log("  ---");
  for (const value of predictions) console.log(`  ${value}`);
}

function printPassByHand(model: RNN): void {
  const states = hiddenStates(model, printedInput);
  const steps = stepsByHand(printedWeights, printedInput);
  console.log("\nThe same by hand: h_t = tanh(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh), h_0 = 0");
  const row = (name: string, values: readonly number[]): void =>
    console.log(`  ${name.padEnd(17)} ${values.map(fixed).join("  ")}`);
  for (const [t, { x, fromInput, fromState, next }] of steps.entries()) {
    console.log(`t = ${t + 1}, x = ${x.toFixed(4)}`);
    row("x W_ih^T + b_ih", fromInput);
    row("h W_hh^T + b_hh", fromState);
    row("tanh of their sum", next);
    row("RNN gives", states[t]);
  }
  console.log("The last unit at the last step, in full, is the first prediction:");
  console.log(spellOut(printedWeights, steps[steps.length - 1], hiddenSize - 1));
}

const countFrom = (start: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + i);

function chart(title: string, start: number, known: ArrayLike<number>, predictions: readonly number[]): ChartSpec {
  const cycle = sineCycle();
  const last = start + known.length - 1; // where the prediction's line leaves the input's
  const points = Math.max(cycle.length, last + 1 + toGenerate);
  return {
    title,
    xLabel: "step, 36 a turn",
    series: [
      {
        name: "Baseline",
        y: Float64Array.from({ length: points }, (_, i) => cycle[i % (cycle.length - 1)]),
        style: "line",
      },
      { name: "Input", x: countFrom(start, known.length), y: known, style: "line" },
      {
        name: "Prediction",
        x: countFrom(last, 1 + toGenerate),
        y: [known[known.length - 1], ...predictions],
        style: "line",
      },
    ],
  };
}

export async function main(args: readonly string[]): Promise<void> {
  const { seed, backend, steps, verbose, out } = readOptions(args, { steps: 20_000, verbose: false });
  setDefaultBackend(await openBackend(backend));
  manualSeed(seed);

  const model = new RNN(inputSize, hiddenSize);
  trainAndReport(model, steps, verbose);
  console.log();
  await printWeights(model);
  const { x, start } = randomSubsequence();
  const predictions = freeRun(model, x);
  printContinuation(x, predictions);
  showChart(out, "rnn-subsequences", chart("A sine continued by an RNN of four units", start, x, predictions));

  console.log("\nThe weights of a published run, loaded by name.");
  model.loadStateDict(printedWeights);
  const continued = freeRun(model, printedInput);
  printContinuation(printedInput, continued);
  console.log(`The published run printed ${printedPredictions[0]} first.`);
  const title = "A sine continued with the published weights";
  showChart(out, "rnn-published-weights", chart(title, printedStart, printedInput, continued));
  printPassByHand(model);
}

await runIfProgram(import.meta.url, main);
