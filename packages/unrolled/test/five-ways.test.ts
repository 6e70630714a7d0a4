// The thin slice on which all contracts were tried: one LSTM trained in five ways must give the same losses.
import { onnxRuntime } from "@unrolled/backend-onnx";
import { tfjs } from "@unrolled/backend-tfjs";
import {
  type Backend,
  cpu,
  Generator,
  type Graph,
  type HostTensor,
  interpreter,
  Linear,
  LSTM,
  Module,
  mseLoss,
  noGrad,
  type Program,
  randn,
  SGD,
  type StateDict,
  type Tensor,
  trace,
} from "unrolled";
import { beforeAll, describe, expect, it } from "vitest";

const [steps, T, B, I, H] = [8, 5, 3, 2, 4];
const lr = 0.2;

class Net extends Module {
  lstm = new LSTM(I, H, { generator: new Generator(1) });
  head = new Linear(H, 1, { generator: new Generator(2) });
  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.head.forward(y.select(0, -1));
  }
}

const loss = (net: Net, x: Tensor, y: Tensor): Tensor => mseLoss(net.forward(x), y);
const example = (): { x: Tensor; y: Tensor } => {
  const generator = new Generator(3);
  return { x: randn([T, B, I], { generator }), y: randn([B, 1], { generator }) };
};

async function host(tensor: Tensor): Promise<HostTensor> {
  return { data: await tensor.data(), shape: tensor.shape, dtype: tensor.dtype };
}

/** Losses of an eager training loop, and the weights before each step. */
async function trainEagerly(backend: Backend): Promise<{ losses: number[]; weights: StateDict[] }> {
  const net = await new Net().to(backend);
  const data = example();
  const [x, y] = await Promise.all([data.x.to(backend), data.y.to(backend)]);
  const optimizer = new SGD(net.parameters(), { lr });
  const losses: number[] = [];
  const weights: StateDict[] = [];
  for (let step = 0; step < steps; step++) {
    weights.push(net.stateDict());
    losses.push((await optimizer.step(() => loss(net, x, y)).data())[0]);
  }
  return { losses, weights };
}

async function traceTrainingStep(): Promise<Graph> {
  const net = new Net();
  const optimizer = new SGD(net.parameters(), { lr });
  return trace(({ x, y }) => ({ loss: optimizer.step(() => loss(net, x, y)) }), example(), { state: [net, optimizer] });
}

async function runProgram(program: Program): Promise<number[]> {
  const { x, y } = example();
  const inputs = { x: await host(x), y: await host(y) };
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push((await program.run(inputs)).loss.data[0]);
  await program.dispose();
  return losses;
}

function expectSame(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(steps);
  for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-5);
}

describe("an LSTM trained in five ways gives the same losses to 1e-5", () => {
  let eager: { losses: number[]; weights: StateDict[] };
  let graph: Graph;
  beforeAll(async () => {
    eager = await trainEagerly(cpu());
    graph = await traceTrainingStep();
  });

  it("learns at all, eagerly on the CPU", () => {
    expect(eager.losses[0]).toBeGreaterThan(0.1);
    expect(eager.losses[steps - 1]).toBeLessThan(0.9 * eager.losses[0]);
  });

  it("eagerly on TensorFlow.js (wasm)", async () => {
    const backend = await tfjs("wasm");
    expectSame((await trainEagerly(backend)).losses, eager.losses);
    await backend.dispose();
  });

  it("traced, by the interpreter on the CPU and on TensorFlow.js", async () => {
    expect(graph.nodes.map(({ kind, op }) => `${kind} ${op}`)).toContain("backward lstmSequence");
    expectSame(await runProgram(await interpreter(cpu()).prepare(graph)), eager.losses);
    const backend = await tfjs("wasm");
    expectSame(await runProgram(await interpreter(backend).prepare(graph)), eager.losses);
    await backend.dispose();
  });

  it("the forward pass in ONNX Runtime, with the weights before each step", async () => {
    const runner = await onnxRuntime();
    const { x, y } = example();
    const net = new Net();
    const losses: number[] = [];
    for (const weights of eager.weights) {
      net.loadStateDict(weights);
      const forward = await trace(
        (inputs) => ({ loss: noGrad(() => loss(net, inputs.x, inputs.y)) }),
        { x, y },
        { constants: net },
      );
      expect(forward.nodes.map(({ op }) => op)).toContain("lstmSequence");
      const program = await runner.prepare(forward);
      losses.push((await program.run({ x: await host(x), y: await host(y) })).loss.data[0]);
      await program.dispose();
    }
    expectSame(losses, eager.losses);
  });

  it("the whole training step in ONNX Runtime", async () => {
    const runner = await onnxRuntime();
    expectSame(await runProgram(await runner.prepare(graph)), eager.losses);
  });

  it("leaves the traced model as it was", async () => {
    const net = new Net();
    const before = await Promise.all(net.parameters().map((p) => p.data()));
    const optimizer = new SGD(net.parameters(), { lr });
    await trace(({ x, y }) => ({ loss: optimizer.step(() => loss(net, x, y)) }), example(), {
      state: [net, optimizer],
    });
    const after = await Promise.all(net.parameters().map((p) => p.data()));
    expect(after).toEqual(before);
    expect(net.parameters().every((p) => p.backend === cpu() && p.grad === null)).toBe(true);
  });
});
