import type { Backend } from "@unrolled/backend";
import { checkCurve } from "./checks.js";
import { json } from "./goldens/seed-programs.js";
import type { KitTensor, Nested, TrainingToolkit } from "./toolkit.js";
import { type TrainingCase, trainingCase } from "./training-case.js";

type State = Readonly<Record<string, Nested>>;

interface Goldens {
  readonly elman: {
    readonly series: readonly number[];
    readonly initial: { readonly w1: Nested; readonly w2: Nested };
    readonly learningRate: number;
    readonly losses: readonly number[];
  };
  readonly rnn: {
    readonly points: readonly number[];
    readonly pairs: readonly (readonly [start: number, end: number])[];
    readonly initial: State;
    readonly losses: readonly number[];
  };
  readonly lstm: {
    readonly series: readonly number[];
    readonly windowLength: number;
    readonly batchSize: number;
    readonly initial: State;
    readonly losses: readonly number[];
  };
}

type Program = (toolkit: TrainingToolkit, backend: Backend, goldens: Goldens) => Promise<number[]>;

async function take(loss: KitTensor): Promise<number> {
  const [value] = await loss.data();
  loss.dispose();
  return value;
}

/** Tensors and their gradients alone: an update a point, the context cut off from the next. */
const elman: Program = async (toolkit, backend, { elman: golden }) => {
  const { series, initial, learningRate } = golden;
  const leaf = (values: Nested): KitTensor => toolkit.tensor(values, { backend, requiresGrad: true });
  const weights = [leaf(initial.w1), leaf(initial.w2)];
  const [w1, w2] = weights;
  let context = toolkit.zeros([1, 6], { backend });
  const losses: number[] = [];
  for (let update = 0; update < golden.losses.length; update++) {
    const j = update % (series.length - 1);
    if (j === 0) context = toolkit.zeros([1, 6], { backend });
    const result = toolkit.scope(() => {
      const input = toolkit.tensor([[series[j]]], { backend });
      const hidden = toolkit.concat([input, context], 1).matmul(w1).tanh();
      const loss = hidden
        .matmul(w2)
        .sub(series[j + 1])
        .pow(2)
        .sum()
        .div(2);
      loss.backward();
      toolkit.noGrad(() => {
        for (const w of weights) {
          if (w.grad === null) continue;
          w.sub_(w.grad.mul(learningRate));
          w.grad.zero_();
        }
      });
      return [loss.detach(), hidden.detach()];
    }) as readonly [KitTensor, KitTensor];
    context.dispose();
    context = result[1];
    losses.push(await take(result[0]));
  }
  return losses;
};

/** The last of four units guesses the next point of a cycle; sequences of many lengths, unbatched. */
const rnn: Program = async (toolkit, backend, { rnn: golden }) => {
  const model = new toolkit.RNN(1, 4, { backend });
  model.loadStateDict(golden.initial);
  const optimizer = new toolkit.SGD(model.parameters() as never, { lr: 0.1 });
  const losses: number[] = [];
  for (const [start, end] of golden.pairs) {
    const loss = optimizer.step((() => {
      const x = toolkit.tensor(Float32Array.from(golden.points.slice(start, end - 1)), {
        shape: [end - 1 - start, 1],
        backend,
      });
      const [output] = model.forward(x);
      return toolkit.mseLoss(output.select(0, -1).select(0, -1), toolkit.tensor(golden.points[end - 1], { backend }));
    }) as () => never);
    losses.push(await take(loss as KitTensor));
  }
  return losses;
};

/** Windows of ten points in batches of 32, an LSTM of fifty units, Adam. */
const lstm: Program = async (toolkit, backend, { lstm: golden }) => {
  const { series, windowLength, batchSize, initial } = golden;
  const layer = new toolkit.LSTM(1, 50, { backend });
  const head = new toolkit.Linear(50, 1, { backend });
  const part = (prefix: string): State =>
    Object.fromEntries(
      Object.entries(initial).flatMap(([key, value]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
      ),
    );
  layer.loadStateDict(part("lstm."));
  head.loadStateDict(part("linear."));
  const optimizer = new toolkit.Adam([...layer.parameters(), ...head.parameters()] as never, { lr: 1e-3 });
  const count = series.length - windowLength;
  const losses: number[] = [];
  for (let first = 0; losses.length < golden.losses.length; first = first + batchSize < count ? first + batchSize : 0) {
    const size = Math.min(batchSize, count - first);
    const loss = optimizer.step((() => {
      const at = (t: number, b: number): number => series[first + b + t];
      const steps = Array.from({ length: windowLength * size }, (_, i) => at(Math.floor(i / size), i % size));
      const x = toolkit.tensor(Float32Array.from(steps), { shape: [windowLength, size, 1], backend });
      const next = Array.from({ length: size }, (_, b) => at(windowLength, b));
      const y = toolkit.tensor(Float32Array.from(next), { shape: [size, 1], backend });
      const [output] = layer.forward(x);
      return toolkit.mseLoss(head.forward(output.select(0, -1)), y);
    }) as () => never);
    losses.push(await take(loss as KitTensor));
  }
  return losses;
};

/** The first fifty updates of the three example programs, against PyTorch's, to 1e-4 of each loss. */
export function programCases(): TrainingCase[] {
  const programs = { "elman-sine": elman, "rnn-subsequences": rnn, "lstm-windows": lstm };
  const keys = { "elman-sine": "elman", "rnn-subsequences": "rnn", "lstm-windows": "lstm" } as const;
  const goldens = JSON.parse(json) as Goldens;
  return (Object.keys(keys) as (keyof typeof keys)[]).map((name) =>
    trainingCase("programs", `${name}, fifty updates`, async ({ toolkit, backend }, place) => {
      checkCurve(place, await programs[name](toolkit, backend, goldens), goldens[keys[name]].losses);
    }),
  );
}
