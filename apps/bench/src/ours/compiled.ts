import { Adam, compile, mseLoss, type Runner, SGD, type Tensor, tensor } from "unrolled";
import type { Family } from "../run.js";
import { compiledElman } from "./compiled-elman.js";
import { Net, predictNext, sequencePredictor, trainingBatches } from "./models.js";

/** Whole steps compiled for a runner that is awaited. */
export function compiled(runner: Runner): Family {
  return {
    elman: (work) => compiledElman(work, runner),

    async subsequences(work) {
      const { series, starts, lengths } = work;
      const rnn = sequencePredictor(work);
      const optimizer = new SGD(rnn.parameters(), { lr: work.learningRate });
      const step = compile((x: Tensor, y: Tensor) => optimizer.step(() => mseLoss(predictNext(rnn, x), y)), {
        state: [rnn, optimizer],
        runner,
        inputs: { x: ["time", 1], y: [] },
      });
      let next = 0;
      async function update(): Promise<number> {
        const which = next++ % starts.length;
        const end = starts[which] + lengths[which];
        const x = tensor(series.subarray(starts[which], end), { shape: [lengths[which], 1] });
        return (await step.run(x, tensor(series[end]))).item();
      }
      return {
        async call(index) {
          const count = index === 0 ? work.firstUpdates : work.updates;
          let sum = 0;
          for (let i = 0; i < count; i++) sum += await update();
          return sum / count;
        },
      };
    },

    async training(work) {
      const net = new Net(work);
      const optimizer = new Adam(net.parameters(), { lr: work.learningRate });
      const batches = trainingBatches(work);
      const step = compile((x: Tensor, y: Tensor) => optimizer.step(() => net.loss(x, y)), {
        state: [net, optimizer],
        runner,
        inputs: {
          x: ["batch", "time", work.inputSize],
          y: work.head ? ["batch", 1] : ["batch", "time", work.hiddenSize],
        },
      });
      return {
        async call() {
          const sums: number[] = [];
          for (let epoch = 0; epoch < work.epochs; epoch++) {
            const [x, y] = batches[0];
            const losses = batches.length === 1 ? await step.run(x, y) : await step.epoch(batches);
            sums.push(losses.sum().item());
          }
          return sums;
        },
      };
    },
  };
}
