import { Adam, compile, mseLoss, type Runner, SGD, type Tensor, tensor } from "unrolled";
import type { Family } from "../run.js";
import { compiledElman } from "./compiled-elman.js";
import { Net, predictNext, sequencePredictor, trainingBatches } from "./models.js";

/** Whole steps compiled for a runner that gives their results at once. */
export function compiledSync(runner: Runner): Family {
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
      const inputs = (which: number): [x: Tensor, y: Tensor] => {
        const end = starts[which] + lengths[which];
        const x = tensor(series.subarray(starts[which], end), { shape: [lengths[which], 1] });
        return [x, tensor(series[end])];
      };
      await step.prepare(...inputs(0));
      let next = 0;
      return {
        call(index) {
          const count = index === 0 ? work.firstUpdates : work.updates;
          let sum = 0;
          for (let i = 0; i < count; i++) sum += step.runSync(...inputs(next++ % starts.length)).item();
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
      await step.prepare(...batches[0]);
      const epoch = (): number => batches.reduce((sum, batch) => sum + step.runSync(...batch).item(), 0);
      return { call: () => Array.from({ length: work.epochs }, epoch) };
    },
  };
}
