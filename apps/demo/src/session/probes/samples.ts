import { ArgumentError } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { Generator, noGrad, scope, type Tensor, tensor } from "@unrolled/core";
import type { TaskRun, TextView } from "../../tasks/task.js";
import type { TextSample, Want } from "../look.js";
import type { DemoModel } from "../model.js";
import type { Settings } from "../settings.js";

/** A token drawn by softmax(logits / temperature), never padding. */
function draw(
  logits: Float32Array,
  temperature: number,
  { padding, boundary }: TextView,
  generator: Generator,
): number {
  const possible = Array.from(logits, (logit, token) => (token === padding ? -Infinity : logit / temperature));
  const highest = Math.max(...possible);
  const weights = possible.map((value) => Math.exp(value - highest));
  let rest = generator.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  const drawn = weights.findIndex((weight) => {
    rest -= weight;
    return rest < 0;
  });
  return drawn < 0 ? boundary : drawn;
}

/** Texts that the model makes up side by side: each reads its own last letter until it draws the boundary. */
export function samples(
  model: DemoModel,
  run: TaskRun,
  { seed }: Settings,
  { count, temperature, draw: tries }: NonNullable<Want["samples"]>,
): TextSample[] {
  const { text } = run;
  if (text === null) return [];
  if (!(temperature > 0)) throw new ArgumentError("samples", `the temperature is ${temperature}`, "use one above 0");
  const generator = new Generator(seed + tries);
  const made = new Array<string>(count).fill("");
  const ended = new Array<boolean>(count).fill(false);
  scope(() =>
    noGrad(() => {
      let read = new Int32Array(count).fill(text.boundary);
      let state: readonly Tensor[] | null = null;
      for (let step = 0; step < text.longest && ended.includes(false); step++) {
        const next = model.lastStep(tensor(read, { shape: [count, 1], dtype: "int32", backend: cpu() }), state, null);
        const logits = next.output.dataSync() as Float32Array;
        const classes = logits.length / count;
        read = Int32Array.from(read, (_, i) => {
          const row = logits.subarray(i * classes, (i + 1) * classes);
          const token = draw(row, temperature, text, generator);
          if (token === text.boundary) ended[i] = true;
          if (!ended[i]) made[i] += text.characters[token];
          return token;
        });
        state = next.state;
      }
    }),
  );
  return made.map((one) => ({ text: one, known: run.isKnown?.(one) ?? false }));
}
