import { Buffer, compile, type Runner, SGD, type Tensor, tensor, zeros } from "unrolled";
import type { Run } from "../run.js";
import type { ElmanWork } from "../works/work.js";
import { Elman } from "./models.js";

/** Keeps its context itself, as part of its state. */
class StreamingElman extends Elman {
  readonly context: Buffer;

  constructor(work: ElmanWork) {
    super(work);
    this.context = new Buffer(zeros([1, work.hiddenSize]));
  }
}

/** W1 with all its updates in one call: `carry` is 0 where a pass over the series begins, and 1 elsewhere. */
export async function compiledElman(work: ElmanWork, runner: Runner): Promise<Run> {
  const net = new StreamingElman(work);
  const optimizer = new SGD(net.parameters(), { lr: work.learningRate });
  const step = compile(
    (input: Tensor, carry: Tensor, target: Tensor) =>
      optimizer.step(() => {
        const [prediction, hidden] = net.forward(input, net.context.mul(carry));
        net.context.assign_(hidden.detach());
        return prediction.sub(target).pow(2).sum().div(2);
      }),
    { state: [net, optimizer], runner },
  );
  const one = (value: number): Tensor => tensor([[value]]);
  const pass = Array.from(work.x, (value, t): [Tensor, Tensor, Tensor] => [one(value), one(t && 1), one(work.y[t])]);
  return {
    async call() {
      const losses = await step.epoch(Array.from({ length: work.epochs }, () => pass).flat());
      return losses
        .narrow(0, losses.size - pass.length, pass.length)
        .sum()
        .item();
    },
  };
}
