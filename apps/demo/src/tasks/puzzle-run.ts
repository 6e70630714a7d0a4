// Loaded with the first task that needs it.
import { Generator } from "@unrolled/core";
import { addingProblem, parity, type SequenceDataset, type SequenceTaskOptions } from "@unrolled/datasets";
import type { Settings } from "../session/settings.js";
import { requireWhole } from "./options.js";
import type { Batch, Objective, TaskRun } from "./task.js";

const testSeed = 2 ** 40; // far from the seeds of batches
const testSequences = 200;
const examples = 8;

interface Puzzle {
  /** Of `make` in source code; a function's own name would not survive minifying. */
  readonly name: string;
  readonly make: (options: SequenceTaskOptions) => SequenceDataset;
  readonly inputSize: number;
  readonly objective: Objective;
  /** Shortest sequence where lengths vary, of those of `steps`. */
  readonly shortest: (steps: number) => number;
  /** What the numbers of a step are. */
  readonly inputNames: readonly string[];
  readonly answer: (y: number) => string;
}

/** Sequences that are made up anew for each batch, with one answer each. */
function solve(
  { seed, windowLength: steps, batchSize, variedLengths }: Settings,
  { name, make, inputSize, objective, shortest, inputNames, answer }: Puzzle,
): TaskRun {
  requireWhole("the batch size", batchSize, 1);
  requireWhole("the length of sequences", steps, 2);
  const least = shortest(steps);
  const gather = (generator: Generator, size: number): Batch => {
    const [x, y] = make({ length: steps, count: size, generator }).gather(
      Int32Array.from({ length: size }, (_, i) => i),
    );
    return { size, steps, x: x.data as Float32Array, y: y.data as Float32Array, lengths: null };
  };
  const gatherVaried = (generator: Generator, size: number): Batch => {
    const x = new Float32Array(size * steps * inputSize);
    const y = new Float32Array(size);
    const lengths = Int32Array.from({ length: size }, () => generator.integer(least, steps + 1));
    lengths.forEach((length, i) => {
      const [sequence, target] = make({ length, count: 1, generator }).get(0);
      x.set(sequence.data, i * steps * inputSize);
      y.set(target.data, i);
    });
    return { size, steps, x, y, lengths };
  };
  const test = gather(new Generator(testSeed), testSequences);
  const sequence = (i: number): Float32Array =>
    (test.x as Float32Array).slice(i * steps * inputSize, (i + 1) * steps * inputSize);
  return {
    shape: { inputSize, outputSize: 1, bias: true, readout: "linear", initial: "pytorch" },
    objective,
    target: "last",
    carriesState: false,
    updatesPerEpoch: 100,
    batch: (update) => (variedLengths ? gatherVaried : gather)(new Generator(seed + update), batchSize),
    test,
    examples,
    example(index) {
      const x = sequence(index);
      return {
        label: `sequence ${index + 1}: ${answer(test.y[index])}`,
        x,
        steps,
        stepLabels: Array.from({ length: steps }, (_, step) => String(step + 1)),
        answer: test.y.slice(index, index + 1),
      };
    },
    series: null,
    text: null,
    inputNames,
    source: () => ({
      imports: [],
      code: variedLengths
        ? `function batch(update: number): { x: Tensor; y: Tensor; lengths?: Tensor } {
  const drawn = new Generator(${seed} + update);
  const lengths = Int32Array.from({ length: batchSize }, () => drawn.integer(${least}, ${steps + 1}));
  const x = new Float32Array(batchSize * ${steps * inputSize}); // zeros after the end of a shorter sequence
  const y = new Float32Array(batchSize);
  lengths.forEach((length, i) => {
    const [sequence, target] = ${name}({ length, count: 1, generator: drawn }).get(0);
    x.set(sequence.data, i * ${steps * inputSize});
    y.set(target.data, i);
  });
  return {
    x: tensor(x, { shape: [batchSize, ${steps}, ${inputSize}] }),
    y: tensor(y, { shape: [batchSize, 1] }),
    lengths: tensor(lengths, { shape: [batchSize], dtype: "int32" }),
  };
}`
        : `function batch(update: number): { x: Tensor; y: Tensor; lengths?: Tensor } {
  const sequences = ${name}({ length: ${steps}, count: batchSize, generator: new Generator(${seed} + update) });
  const [x, y] = sequences.gather(Int32Array.from({ length: batchSize }, (_, i) => i));
  return { x: tensor(x.data, { shape: x.shape }), y: tensor(y.data, { shape: y.shape }) };
}`,
    }),
  };
}

const puzzles = {
  addingProblem: {
    name: "addingProblem",
    make: addingProblem,
    inputSize: 2,
    objective: "mse",
    shortest: (steps) => Math.max(2, Math.ceil(steps / 2)),
    inputNames: ["number", "mark"],
    answer: (y) => `the sum is ${y.toFixed(3)}`,
  },
  parity: {
    name: "parity",
    make: parity,
    inputSize: 1,
    objective: "binaryCrossEntropy",
    shortest: () => 1,
    inputNames: ["bit"],
    answer: (y) => (y === 1 ? "odd" : "even"),
  },
} satisfies Readonly<Record<string, Puzzle>>;

export const puzzleRun = (puzzle: keyof typeof puzzles, settings: Settings): TaskRun =>
  solve(settings, puzzles[puzzle]);
