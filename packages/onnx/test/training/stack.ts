import type { Graph, HostTensor } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  concat,
  Generator,
  grad,
  type InputSpec,
  interpreter,
  mul,
  noGrad,
  randn,
  sub,
  sum,
  type Tensor,
  trace,
  withBackend,
} from "@unrolled/core";
import { graphToOnnx, stateBindings } from "@unrolled/onnx";
import { expect } from "vitest";
import { expectClose } from "../numbers.js";
import type { Host } from "../values.js";

export type Ort = typeof import("onnxruntime-node");

export const [T, B]: readonly [number, number] = [5, 3];
const [I, H, rate] = [2, 7, 0.1];
const made = <R>(make: () => R): R => withBackend(cpu(), make);

/** Two layers, the first of them with a reversed twin, and a linear head; trained by plain gradient descent. */
export class Stack {
  readonly parameters: Readonly<Record<string, Tensor>>;

  constructor() {
    const generator = new Generator(7);
    const tensor = (...shape: number[]): Tensor => {
      const drawn = mul(randn(shape, { generator }), 0.4);
      drawn.requiresGrad = true;
      return drawn;
    };
    this.parameters = made(() => ({
      "lstm.wIh": tensor(4 * H, I),
      "lstm.wHh": tensor(4 * H, H),
      "lstm.bIh": tensor(4 * H),
      "lstm.bHh": tensor(4 * H),
      "back.wIh": tensor(4 * H, I),
      "back.wHh": tensor(4 * H, H),
      "back.bIh": tensor(4 * H),
      "back.bHh": tensor(4 * H),
      "gru.wIh": tensor(3 * H, 2 * H),
      "gru.wHh": tensor(3 * H, H),
      "gru.bIh": tensor(3 * H),
      "gru.bHh": tensor(3 * H),
      "head.w": tensor(2, H),
      "head.b": tensor(2),
    }));
  }

  namedTensors(): Iterable<readonly [string, Tensor]> {
    return Object.entries(this.parameters);
  }

  loss(x: Tensor, target: Tensor, lengths: Tensor, zeros: Tensor): Tensor {
    const p = this.parameters;
    const [first] = applyFused(
      "lstmSequence",
      [x, zeros, zeros, p["lstm.wIh"], p["lstm.wHh"], p["lstm.bIh"], p["lstm.bHh"], lengths, null],
      { reverse: false },
    );
    const [back] = applyFused(
      "lstmSequence",
      [x, zeros, zeros, p["back.wIh"], p["back.wHh"], p["back.bIh"], p["back.bHh"], lengths, null],
      { reverse: true },
    );
    const [, last] = applyFused(
      "gruSequence",
      [concat([first, back], 2), zeros, p["gru.wIh"], p["gru.wHh"], p["gru.bIh"], p["gru.bHh"], lengths],
      { resetAfter: true, reverse: false },
    );
    const [y] = applyFused("linear", [last, p["head.w"], p["head.b"]], {});
    const error = sub(y, target);
    return sum(mul(error, error));
  }

  /** One step of gradient descent; returns the loss. */
  step(x: Tensor, target: Tensor, lengths: Tensor, zeros: Tensor): Tensor {
    const loss = this.loss(x, target, lengths, zeros);
    const list = Object.values(this.parameters);
    const gradients = grad(loss, list);
    noGrad(() => {
      list.forEach((parameter, i) => {
        parameter.assign_(sub(parameter, mul(gradients[i], rate)));
      });
    });
    return loss;
  }
}

export function example(steps: number, batch: number): Record<string, Host> {
  const generator = new Generator(steps);
  const drawn = (...shape: number[]): Host => {
    const tensor = made(() => randn(shape, { generator }));
    return { data: tensor.dataSync(), shape, dtype: "float32" };
  };
  return {
    x: drawn(steps, batch, I),
    target: drawn(batch, 2),
    lengths: {
      data: Int32Array.from({ length: batch }, (_, b) => (b * 2) % (steps + 1)),
      shape: [batch],
      dtype: "int32",
    },
    zeros: { data: new Float32Array(batch * H), shape: [batch, H], dtype: "float32" },
  };
}

/** Runs the steps in ONNX Runtime and by the interpreter; losses and states must agree after each. */
export async function expectSameTraining(graph: Graph, ort: Ort, runs: readonly Record<string, Host>[]): Promise<void> {
  const program = await interpreter(cpu()).prepare(graph);
  const bytes = graphToOnnx(graph);
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const tensor = ({ data, shape, dtype }: HostTensor) => new ort.Tensor(dtype, data, [...shape]);
  let state = Object.fromEntries(
    graph.state.map(({ name, input, initial }) => [
      name,
      tensor({ data: initial.slice(), shape: input.shape, dtype: input.dtype }),
    ]),
  );
  const first = { ...state };
  for (const inputs of runs) {
    const expected = await program.run(inputs);
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, host]) => [name, tensor(host)]));
    const results = await session.run({ ...state, ...feeds });
    expectClose(results.loss.data as Float32Array, expected.loss.data, 1e-5);
    state = Object.fromEntries(stateBindings(graph).map(({ input, output }) => [input, results[output]]));
    for (const [name, { data }] of Object.entries(await program.readState()))
      expectClose(state[name].data as Float32Array, data, 1e-5);
  }
  const moved = Object.entries(first).filter(([name, { data }]) => String(data) !== String(state[name].data));
  expect(moved.map(([name]) => name)).toEqual(Object.keys(state));
  await session.release();
  await program.dispose();
}

/** Two layers' training step as a graph. */
export async function traceStack(
  inputs: Readonly<Record<"x" | "target" | "lengths" | "zeros", InputSpec>>,
): Promise<Graph> {
  const net = new Stack();
  return trace((given) => ({ loss: net.step(given.x, given.target, given.lengths, given.zeros) }), inputs, {
    state: net,
  });
}

export const fixedSizes = {
  x: [T, B, I],
  target: [B, 2],
  lengths: { shape: [B], dtype: "int32" },
  zeros: [B, H],
} as const;
export const namedSizes = {
  x: ["time", "batch", I],
  target: ["batch", 2],
  lengths: { shape: ["batch"], dtype: "int32" },
  zeros: ["batch", H],
} as const;
