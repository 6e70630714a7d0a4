import { loadOnnx } from "@unrolled/backend-onnx";
import { exportOnnx } from "@unrolled/onnx";
import { type GRU, Module, type Tensor } from "unrolled";
import { total } from "../arrays.js";
import type { Run } from "../run.js";
import type { InferenceWork } from "../works/work.js";
import { inferenceNet } from "./models.js";

class LastState extends Module {
  readonly gru: GRU;

  constructor(gru: GRU) {
    super();
    this.gru = gru;
  }

  override forward(x: Tensor): Tensor {
    return this.gru.forward(x)[1];
  }
}

/** A trained layer, exported and run as a file. */
export async function inSession(work: InferenceWork, threads: number): Promise<Run> {
  const { time, batch, inputSize } = work;
  const bytes = await exportOnnx(new LastState(inferenceNet(work)), {
    inputs: { x: ["time", "batch", inputSize] },
    outputs: ["h"],
  });
  const session = await loadOnnx(bytes, { threads });
  const x = { data: work.x, shape: [time, batch, inputSize], dtype: "float32" } as const;
  return {
    async call() {
      const { h } = await session.run({ x });
      return total(h.data as Float32Array);
    },
  };
}
