// A compiled training step must be the eager one, step by step, whatever runs it.
import { cpuRunner } from "@unrolled/backend-cpu";
import { onnxRuntime } from "@unrolled/backend-onnx";
import {
  Adam,
  AdamW,
  compile,
  cpu,
  Generator,
  GRU,
  interpreter,
  Linear,
  LSTM,
  Module,
  manualSeed,
  mseLoss,
  type Optimizer,
  RNN,
  type Runner,
  randn,
  SGD,
  StepLR,
  type Tensor,
} from "unrolled";
import { describe, expect, it } from "vitest";

const [steps, T, B, I, H] = [50, 6, 4, 2, 5];

type Layer = "RNN" | "LSTM" | "GRU";
const layers = { RNN, LSTM, GRU };

class Net extends Module {
  readonly recurrent: InstanceType<(typeof layers)[Layer]>;
  readonly head: Linear;
  constructor(layer: Layer, dropout: number) {
    super();
    const options = { numLayers: 2, dropout, generator: new Generator(1) };
    this.recurrent = new layers[layer](I, H, options);
    this.head = new Linear(H, 1, { generator: new Generator(2) });
  }
  override forward(x: Tensor): Tensor {
    const [y] = this.recurrent.forward(x) as [Tensor, unknown];
    return this.head.forward(y.select(0, -1));
  }
}

const optimizers: Record<string, (net: Net) => Optimizer<{ lr: number }>> = {
  SGD: (net) => new SGD(net.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true }) as never,
  Adam: (net) => new Adam(net.parameters(), { lr: 0.01 }) as never,
  AdamW: (net) => new AdamW(net.parameters(), { lr: 0.01, amsgrad: true }) as never,
};

interface Case {
  readonly layer: Layer;
  readonly optimizer: string;
  readonly dropout: number;
  readonly clip: boolean;
}

function setUp({ layer, optimizer, dropout, clip }: Case) {
  const net = new Net(layer, dropout);
  const made = optimizers[optimizer](net);
  const schedule = new StepLR(made, { stepSize: 10, gamma: 0.5 });
  const step = (x: Tensor, y: Tensor): Tensor =>
    made.step(() => mseLoss(net.forward(x), y), clip ? { clipGradNorm: 0.1 } : {});
  const generator = new Generator(3);
  const batches = Array.from({ length: steps }, (): [Tensor, Tensor] => [
    randn([T, B, I], { generator }),
    randn([B, 1], { generator }),
  ]);
  return { net, optimizer: made, schedule, step, batches };
}

function trainEagerly(which: Case): { losses: number[]; weights: number[][] } {
  manualSeed(7);
  const { net, schedule, step, batches } = setUp(which);
  const losses = batches.map(([x, y]) => {
    const loss = step(x, y).item();
    schedule.step();
    return loss;
  });
  return { losses, weights: net.parameters().map((p) => Array.from(p.dataSync())) };
}

async function trainCompiled(which: Case, runner: Runner): Promise<{ losses: number[]; weights: number[][] }> {
  manualSeed(7);
  const { net, optimizer, schedule, step, batches } = setUp(which);
  const compiled = compile(step, { state: [net, optimizer], runner });
  const losses: number[] = [];
  for (const [x, y] of batches) {
    losses.push((await compiled.run(x, y)).item());
    schedule.step();
  }
  await compiled.dispose();
  return { losses, weights: net.parameters().map((p) => Array.from(p.dataSync())) };
}

const cases: Case[] = (["RNN", "LSTM", "GRU"] as const).flatMap((layer) =>
  Object.keys(optimizers).flatMap((optimizer) => [
    { layer, optimizer, dropout: 0, clip: false },
    { layer, optimizer, dropout: 0.3, clip: true },
  ]),
);

const runners: Record<string, () => Promise<Runner> | Runner> = {
  interpreter: () => interpreter(cpu()),
  WebAssembly: () => cpuRunner(),
  onnx: () => onnxRuntime({ threads: 1 }),
};

describe.each(Object.keys(runners))("a compiled step on %s equals the eager one over 50 steps", (runnerName) => {
  const makeRunner = runners[runnerName];
  it.each(cases)("$layer, $optimizer, dropout $dropout, clip $clip", async (which) => {
    const eager = trainEagerly(which);
    const compiled = await trainCompiled(which, await makeRunner());
    for (const [i, loss] of compiled.losses.entries())
      expect(Math.abs(loss / eager.losses[i] - 1), `step ${i}`).toBeLessThanOrEqual(1e-4);
    for (const [k, weights] of compiled.weights.entries())
      for (const [i, w] of weights.entries()) expect(Math.abs(w - eager.weights[k][i])).toBeLessThanOrEqual(1e-4);
    expect(eager.losses[0]).not.toBe(eager.losses[steps - 1]);
  });
});
