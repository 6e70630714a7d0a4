import { onnxRuntime } from "@unrolled/backend-onnx";
import { graphToOnnx } from "@unrolled/onnx";
import { Adam, compile, type Runner, type Tensor } from "unrolled";
import { Net } from "./net.js";
import type { Result } from "./result.js";
import { timeRepeats } from "./time.js";
import type { Work } from "./works.js";

const repetitions = 15;

/** The step compiled for ONNX Runtime; an epoch of several batches in one call. */
export async function compiledOnnx(work: Work, threads: number): Promise<Result> {
  const net = new Net(work);
  const optimizer = new Adam(net.parameters());
  const sessions: number[] = [];
  const files: number[] = [];
  const target = work.head ? ["batch", 1] : ["time", "batch", work.hiddenSize];
  const step = compile((x: Tensor, y: Tensor) => optimizer.step(() => net.loss(x, y)), {
    state: [net, optimizer],
    runner: timed(await onnxRuntime({ threads }), (milliseconds, bytes) => {
      sessions.push(milliseconds);
      files.push(bytes);
    }),
    inputs: { x: ["time", "batch", work.inputSize], y: target },
  });
  const batches = work.batches();
  const repeat = async (): Promise<number> => {
    let last = 0;
    for (let epoch = 0; epoch < work.epochs; epoch++) {
      if (batches.length === 1) last = (await step.run(...batches[0])).item();
      else last = (await step.epoch(batches)).sum().item();
    }
    return last;
  };
  const row = await timeRepeats(work, "unrolled, compiled, ONNX Runtime", repetitions, repeat);
  await step.dispose();
  return { ...row, threads, session: Math.max(...sessions), bytes: Math.max(...files) };
}

/** A runner that tells how long each session took to make, and how large its file is. */
function timed(runner: Runner, tell: (milliseconds: number, bytes: number) => void): Runner {
  return {
    ...runner,
    prepare: async (graph) => {
      const before = performance.now();
      const program = await runner.prepare(graph);
      tell(performance.now() - before, graphToOnnx(graph).length);
      return program;
    },
  };
}
