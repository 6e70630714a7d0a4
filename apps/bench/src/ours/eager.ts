import { Adam, type Backend, mseLoss, noGrad, SGD, scope, type Tensor, tensor, zeros } from "unrolled";
import { total } from "../arrays.js";
import type { Family } from "../run.js";
import { Elman, inferenceInput, inferenceNet, Net, predictNext, sequencePredictor, trainingBatches } from "./models.js";

/** Unrolled as a user writes it: tensors, modules and an optimiser on a backend, each loss read. */
export function eager(backend: Backend): Family {
  const move = (tensors: readonly Tensor[]): Promise<Tensor[]> => Promise.all(tensors.map((x) => x.to(backend)));
  const isGpu = /webgl|webgpu/.test(backend.name);
  const column = (values: Float32Array): Tensor => tensor(values, { shape: [values.length, 1] });

  return {
    async elman(work) {
      const net = await new Elman(work).to(backend);
      const optimizer = new SGD(net.parameters(), { lr: work.learningRate });
      const [inputs, targets] = await move([column(work.x), column(work.y)]);
      const points = work.x.length;

      function epoch(): number {
        let loss = 0;
        let context = zeros([1, work.hiddenSize], { backend });
        for (let t = 0; t < points; t++) {
          const [prediction, hidden] = net.forward(inputs.narrow(0, t, 1), context);
          const error = prediction
            .sub(targets.narrow(0, t, 1))
            .pow(2)
            .sum()
            .div(2);
          optimizer.zeroGrad();
          error.backward();
          optimizer.step();
          loss += error.item();
          context = hidden.detach();
        }
        return loss;
      }
      return {
        call() {
          let loss = 0;
          for (let i = 0; i < work.epochs; i++) loss = scope(epoch);
          return loss;
        },
      };
    },

    async subsequences(work) {
      const { starts, lengths } = work;
      const rnn = await sequencePredictor(work).to(backend);
      const optimizer = new SGD(rnn.parameters(), { lr: work.learningRate });
      const [series] = await move([column(work.series)]);
      let next = 0;

      function update(): number {
        const which = next++ % starts.length;
        const [start, length] = [starts[which], lengths[which]];
        const x = series.narrow(0, start, length);
        const y = series.select(0, start + length).select(0, 0);
        return optimizer.step(() => mseLoss(predictNext(rnn, x), y)).item();
      }
      return {
        call(index) {
          const count = index === 0 ? work.firstUpdates : work.updates;
          let sum = 0;
          for (let i = 0; i < count; i++) sum += scope(update);
          return sum / count;
        },
      };
    },

    async training(work) {
      const net = await new Net(work).to(backend);
      const optimizer = new Adam(net.parameters(), { lr: work.learningRate });
      const batches: Tensor[][] = [];
      for (const batch of trainingBatches(work)) batches.push(await move(batch));

      function epoch(): number {
        let sum = 0;
        for (const [x, y] of batches) sum += scope(() => optimizer.step(() => net.loss(x, y)).item());
        return sum;
      }
      return { call: () => Array.from({ length: work.epochs }, epoch) };
    },

    async inference(work) {
      const gru = await inferenceNet(work).to(backend);
      const [x] = await move([inferenceInput(work)]);
      return {
        call: () =>
          scope(() => {
            const [, state] = noGrad(() => gru.forward(x));
            return total(state.dataSync());
          }),
      };
    },

    async product({ size, a, b }) {
      const [left, right] = await move([a, b].map((values) => tensor(values, { shape: [size, size] })));
      const multiply = (): Tensor => left.matmul(right);
      const ends = (): number[] => {
        const data = scope(() => multiply().dataSync());
        return [data[1], data[(size - 1) * size + 2]];
      };
      if (isGpu) return { call: ends, note: "reads the result, as nothing else waits for it" };
      const once = (): undefined => {
        multiply();
      };
      return { call: () => scope(once), values: ends };
    },

    async addition({ a, b, count, gradient }) {
      const [first, left, right] = await move([a, a, b].map((values) => tensor(values, { shape: [1, values.length] })));
      first.requiresGrad = gradient;
      const add = (): void => {
        left.add(right);
      };
      const addAndDifferentiate = (): void => {
        first.add(right).sum().backward();
        first.grad?.dispose();
        first.grad = null;
      };
      const once = gradient ? addAndDifferentiate : add;
      return {
        ...(isGpu && { note: "only queued: nothing waits for the engine" }),
        call() {
          for (let i = 0; i < count; i++) scope(once);
        },
        values() {
          if (!gradient) return [left.add(right).sum().item()];
          first.add(right).sum().backward();
          const slopes = first.grad?.dataSync() ?? [];
          first.grad = null;
          return [total(slopes)];
        },
      };
    },
  };
}
