import type { Backend } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { LSTM, RNN } from "@unrolled/cells";
import { concat, type NestedArray, noGrad, setDefaultBackend, stack, type Tensor, tensor, zeros } from "@unrolled/core";
import { Linear, Module, mseLoss } from "@unrolled/nn";
import { Adam, SGD } from "@unrolled/optim";
import { describe, expect, test } from "vitest";
import { decomposed } from "./support/backends.js";
import { golden, largestError } from "./support/compare.js";

setDefaultBackend(cpu());

function program<T>(name: string): T {
  return golden<T>(`../../../docs/test/goldens/${name}.json`, import.meta.url);
}

/** The largest difference as a share of the expected value. */
function relativeError(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...actual.map((x, i) => Math.abs(x / expected[i] - 1)));
}

const backends: readonly Backend[] = [cpu(), decomposed];

describe.each(backends)("an Elman network of raw tensors, trained online, on $name", (backend) => {
  const file = program<{
    readonly learningRate: number;
    readonly epochs: number;
    readonly series: readonly number[];
    readonly initial: { readonly w1: NestedArray; readonly w2: NestedArray };
    readonly losses: readonly number[];
    readonly final: { readonly w1: NestedArray; readonly w2: NestedArray };
    readonly predictions: readonly number[];
  }>("elman-sine");

  test("has PyTorch's losses, weights and predictions", () => {
    const w1 = tensor(file.initial.w1, { backend, requiresGrad: true });
    const w2 = tensor(file.initial.w2, { backend, requiresGrad: true });
    const points = file.series.map((value) => tensor([[value]], { backend }));
    const step = (x: Tensor, context: Tensor): Tensor => concat([x, context], 1).matmul(w1).tanh();
    const losses: number[] = [];
    for (let epoch = 0; epoch < file.epochs; epoch++) {
      let context = zeros([1, 6], { backend });
      let total = 0;
      for (let t = 0; t < 20; t++) {
        const next = step(points[t], context);
        const error = next.matmul(w2).sub(points[t + 1]);
        const loss = error.mul(error).sum().div(2);
        total += loss.item();
        loss.backward();
        noGrad(() => {
          for (const w of [w1, w2]) {
            w.sub_((w.grad as Tensor).mul(file.learningRate));
            w.grad = null;
          }
        });
        context = next.detach();
      }
      if (epoch % 10 === 0) losses.push(total);
    }
    expect(relativeError(losses, file.losses)).toBeLessThan(1e-4);
    expect(largestError(w1, file.final.w1)).toBeLessThan(1e-4);
    expect(largestError(w2, file.final.w2)).toBeLessThan(1e-4);
    let context = zeros([1, 6], { backend });
    const predictions = points.slice(0, 20).map((x) => {
      context = step(x, context);
      return context.matmul(w2).item();
    });
    expect(largestError(tensor(predictions), file.predictions)).toBeLessThan(1e-4);
  });
});

class WindowModel extends Module {
  readonly lstm: LSTM;
  readonly linear: Linear;

  constructor(backend: Backend) {
    super();
    this.lstm = new LSTM(1, 50, { batchFirst: true, backend });
    this.linear = new Linear(50, 1, { backend });
  }

  override forward(windows: Tensor): Tensor {
    const [y] = this.lstm.forward(windows.unsqueeze(2));
    return this.linear.forward(y).select(1, -1);
  }
}

describe.each(backends)("LSTM and Linear on windows, with Adam, on $name", (backend) => {
  const file = program<{
    readonly series: readonly number[];
    readonly split: number;
    readonly windowLength: number;
    readonly batchSize: number;
    readonly initial: Record<string, NestedArray>;
    readonly epochLosses: readonly number[];
    readonly batchLosses: readonly (readonly number[])[];
    readonly testLoss: number;
    readonly testPredictions: readonly number[];
  }>("lstm-windows");

  /** Windows [count, length] and the points that follow them [count, 1], in batches. */
  function batches(series: readonly number[], size: number): (readonly [x: Tensor, y: Tensor])[] {
    const length = file.windowLength;
    const all = Array.from({ length: series.length - length }, (_, i) => i);
    return Array.from({ length: Math.ceil(all.length / size) }, (_, b) => {
      const starts = all.slice(b * size, (b + 1) * size);
      return [
        tensor(
          starts.map((s) => series.slice(s, s + length)),
          { backend },
        ),
        tensor(
          starts.map((s) => [series[s + length]]),
          { backend },
        ),
      ] as const;
    });
  }

  test("has PyTorch's losses and test predictions", () => {
    const model = new WindowModel(backend);
    expect(Object.keys(model.stateDict())).toEqual(Object.keys(file.initial));
    model.loadStateDict(file.initial);
    const optimizer = new Adam(model.parameters());
    const train = batches(file.series.slice(0, file.split), file.batchSize);
    expect([train.length, train[train.length - 1][0].shape]).toEqual([24, [13, 10]]);
    const batchLosses = file.epochLosses.map(() =>
      train.map(([x, y]) => optimizer.step(() => mseLoss(model.forward(x), y)).item()),
    );
    const epochLosses = batchLosses.map((losses) => losses.reduce((a, b) => a + b));
    expect(relativeError(epochLosses, file.epochLosses)).toBeLessThan(1e-4);
    expect(relativeError(batchLosses.flat(), file.batchLosses.flat())).toBeLessThan(1e-4);
    const [[x, y]] = batches(file.series.slice(file.split), 31);
    const predictions = noGrad(() => model.eval().forward(x));
    expect(largestError(predictions.flatten(), file.testPredictions)).toBeLessThan(1e-5);
    expect(relativeError([mseLoss(predictions, y).item()], [file.testLoss])).toBeLessThan(1e-4);
  });
});

describe.each(backends)("an RNN on sub-sequences, on $name", (backend) => {
  const file = program<{
    readonly printed: {
      readonly stateDict: Record<string, NestedArray>;
      readonly input: readonly number[];
      readonly predictions: readonly number[];
      readonly firstPass: NestedArray;
      readonly freeRunning: readonly number[];
    };
    readonly training: {
      readonly learningRate: number;
      readonly points: readonly number[];
      readonly pairs: readonly (readonly [start: number, end: number])[];
      readonly initial: Record<string, NestedArray>;
      readonly losses: readonly number[];
      readonly final: Record<string, NestedArray>;
    };
  }>("rnn-subsequences");

  const column = (values: readonly number[]): Tensor =>
    tensor(
      values.map((value) => [value]),
      { backend },
    );

  describe("with the printed weights", () => {
    const { printed } = file;
    const model = new RNN(1, 4, { backend });
    model.loadStateDict(printed.stateDict);

    test("predicts -0.6632 first, then all that was printed", () => {
      const sequence = [...printed.input];
      const predictions = printed.predictions.map(() => {
        const [y] = model.forward(column(sequence));
        sequence.push(y.select(0, -1).select(0, -1).item());
        return sequence[sequence.length - 1];
      });
      expect(Math.abs(predictions[0] - -0.6632)).toBeLessThan(1e-4);
      expect(largestError(tensor(predictions), printed.freeRunning)).toBeLessThan(1e-6);
      expect(largestError(tensor(predictions), printed.predictions)).toBeLessThan(5e-4);
    });

    test("has PyTorch's hidden states, at once and step by step", () => {
      const [y] = model.forward(column(printed.input));
      expect(largestError(y, printed.firstPass)).toBeLessThan(1e-6);
      let h: Tensor | undefined;
      const steps = printed.input.map((value) => {
        const [, next] = model.forward(column([value]), h);
        h = next;
        return next.squeeze(0);
      });
      expect(largestError(stack(steps), printed.firstPass)).toBeLessThan(1e-6);
    });
  });

  test("trains to PyTorch's losses and weights", () => {
    const { learningRate, points, pairs, initial, losses, final } = file.training;
    const model = new RNN(1, 4, { backend });
    model.loadStateDict(initial);
    const optimizer = new SGD(model.parameters(), { lr: learningRate });
    const actual = pairs.map(([start, end]) => {
      const [x, y] = [column(points.slice(start, end - 1)), tensor(points[end - 1], { backend })];
      return optimizer.step(() => mseLoss(model.forward(x)[0].select(0, -1).select(0, -1), y)).item();
    });
    expect(largestError(tensor(actual), losses)).toBeLessThan(1e-5);
    for (const [name, parameter] of model.namedParameters())
      expect(largestError(parameter, final[name]), name).toBeLessThan(1e-5);
  });
});
