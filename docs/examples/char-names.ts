// An LSTM reads first names character by character, learns which one follows, and then makes up names of its own.
import {
  Adam,
  CosineAnnealingLR,
  crossEntropy,
  DataLoader,
  type DataLoaderOptions,
  defaultGenerator,
  Embedding,
  Linear,
  LSTM,
  Module,
  manualSeed,
  noGrad,
  padCollate,
  scope,
  type Tensor,
  tensor,
} from "unrolled";
import { openBackend } from "./lib/backends.js";
import { boundary, Characters, padding } from "./lib/characters.js";
import { firstNames } from "./lib/names.js";
import { positiveNumber, readOptions, UsageError } from "./lib/options.js";
import { runIfProgram } from "./lib/program.js";
import { showChart } from "./lib/show-chart.js";

const embeddingDim = 24;
const hiddenSize = 96;
const batchSize = 32;
const learningRate = 0.01;
const clipGradNorm = 1;
const heldBack = 500;
const longestName = 20;

type State = readonly [h: Tensor, c: Tensor];

export class NameModel extends Module {
  readonly characters: Characters;
  embedding: Embedding;
  lstm: LSTM = new LSTM(embeddingDim, hiddenSize, { batchFirst: true });
  linear: Linear;

  constructor(characters: Characters) {
    super();
    this.characters = characters;
    this.embedding = new Embedding(characters.size, embeddingDim, { paddingIdx: padding });
    this.linear = new Linear(hiddenSize, characters.size);
  }

  /** Numbers of characters [N, T] -> logits [N, T, characters] of those that follow, and the state after the last. */
  override forward(x: Tensor, state?: State, lengths?: Int32Array): [logits: Tensor, state: State] {
    const options = lengths ? { lengths } : {};
    const [output, last] = this.lstm.forward(this.embedding.forward(x), state, options);
    return [this.linear.forward(output), last];
  }
}

/** A name with the boundary before it, which is read, and with the boundary after it, which is to be foretold. */
type Sample = [x: Int32Array, y: Int32Array];
type Batch = [x: Tensor, y: Tensor, lengths: Int32Array];
type NameLoader = DataLoader<Sample, Batch>;

export function nameLoader(
  names: readonly string[],
  characters: Characters,
  options: DataLoaderOptions<Sample, Batch>,
): NameLoader {
  const samples = names.map((name): Sample => {
    const numbers = characters.numbersOf(name);
    return [Int32Array.of(boundary, ...numbers), Int32Array.of(...numbers, boundary)];
  });
  const collate = (list: readonly Sample[], context: object): Batch => padCollate(list, { ...context, padding });
  return new DataLoader(samples, { collate, ...options });
}

/** The mean over all characters but padding, in nats. */
function lossOf(model: NameModel, [x, y, lengths]: Batch): Tensor {
  const [logits] = model.forward(x, undefined, lengths);
  return crossEntropy(logits.swapAxes(1, 2), y, { ignoreIndex: padding });
}

/** Goes through the names again and again, in a new order each time. Yields the loss of every batch. */
export function* train(model: NameModel, loader: NameLoader, steps: number): Generator<number> {
  const optimizer = new Adam(model.parameters(), { lr: learningRate });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: steps });
  for (let step = 0; step < steps; ) {
    for (const batch of loader) {
      yield scope(() => optimizer.step(() => lossOf(model, batch), { clipGradNorm }).item());
      schedule.step();
      if (++step === steps) return;
    }
  }
}

export function evaluate(model: NameModel, loader: NameLoader): number {
  return mean(Array.from(loader, (batch) => scope(() => noGrad(() => lossOf(model, batch)).item())));
}

/** A number drawn by softmax(logits / temperature), never padding. */
function draw(logits: ArrayLike<number>, temperature: number): number {
  const possible = Array.from(logits, (logit, i) => (i === padding ? -Infinity : logit / temperature));
  const highest = Math.max(...possible);
  const weights = possible.map((value) => Math.exp(value - highest));
  let rest = defaultGenerator().uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = weights.findIndex((weight) => {
    rest -= weight;
    return rest < 0;
  });
  return chosen < 0 ? boundary : chosen;
}

/** A name that begins with `prefix`: each character drawn is read next, with the state from before. */
export function makeUpName(model: NameModel, temperature: number, prefix = ""): string {
  const { characters, linear } = model;
  const { backend } = linear.weight;
  const read = (numbers: readonly number[], state?: State): [logits: Tensor, state: State] =>
    model.forward(tensor([numbers as number[]], { dtype: "int32", backend }), state);
  return scope(() =>
    noGrad(() => {
      let name = prefix;
      let [logits, state] = read([boundary, ...characters.numbersOf(prefix)]);
      while (name.length < longestName) {
        const next = draw(logits.select(1, -1).dataSync(), temperature);
        if (next === boundary) break;
        name += characters.characterOf(next);
        [logits, state] = read([next], state);
      }
      return name;
    }),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { steps: 1000, temperature: "0.7", prefix: "" });
  const { seed, steps, prefix, out } = options;
  const temperature = positiveNumber("temperature", options.temperature);
  const names = firstNames();
  const characters = new Characters(names);
  for (const character of prefix)
    if (!characters.known.includes(character))
      throw new UsageError(`--prefix ${prefix}: no name has "${character}". Use ${characters.known}`);
  const backend = await openBackend(options.backend);
  manualSeed(seed);

  const order = Array.from(defaultGenerator().permutation(names.length), (i) => names[i]);
  const loader = nameLoader(order.slice(heldBack), characters, { batchSize, shuffle: true, backend });
  const unseen = nameLoader(order.slice(0, heldBack), characters, { batchSize: heldBack, backend });
  const model = await new NameModel(characters).to(backend);
  console.log(`${names.length - heldBack} names to learn from, ${heldBack} held back; ${characters.size} characters.`);

  const every = Math.ceil(steps / 10);
  const reports: { step: number; loss: number; unseen: number }[] = [];
  let losses: number[] = [];
  let step = 0;
  for (const loss of train(model, loader, steps)) {
    losses.push(loss);
    step++;
    if (step % every !== 0 && step !== steps) continue;
    const report = { step, loss: mean(losses), unseen: evaluate(model, unseen) };
    const tries = Array.from({ length: 3 }, () => makeUpName(model, temperature, prefix));
    const numbers = `loss ${report.loss.toFixed(3)}   held back ${report.unseen.toFixed(3)}`;
    console.log(`Step ${String(step).padStart(5)}   ${numbers}   ${tries.join(", ")}`);
    reports.push(report);
    losses = [];
  }

  const made = Array.from({ length: 20 }, () => makeUpName(model, temperature, prefix));
  const known = new Set(names);
  console.log(`\nMade up at temperature ${temperature}; * marks names that are in the list:`);
  for (let i = 0; i < made.length; i += 4)
    console.log(
      made
        .slice(i, i + 4)
        .map((name) => `${name}${known.has(name) ? "*" : ""}`.padEnd(longestName + 2))
        .join("")
        .trimEnd(),
    );
  const x = reports.map((report) => report.step);
  showChart(out, "char-names", {
    title: "How well the next character of a name is foretold",
    xLabel: "training step",
    yLabel: "cross-entropy, nats a character",
    series: [
      { name: "Names it learns from", x, y: reports.map((report) => report.loss), style: "line" },
      { name: "Names held back", x, y: reports.map((report) => report.unseen), style: "points" },
    ],
  });
}

await runIfProgram(import.meta.url, main);
