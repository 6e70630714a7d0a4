// Files that leave the page. Loaded when they are first asked for.
import type { HostTensor } from "@unrolled/backend";
import { exportOnnx } from "@unrolled/onnx";
import { saveStateDict } from "@unrolled/weights";
import type { DemoModel } from "../session/model.js";
import type { DemoState } from "../session/settings.js";
import type { TaskRun } from "../tasks/task.js";
import { outputOf, outputsOf } from "./exports.js";

export interface OnnxChoice {
  /** The state comes in and goes out, for streams: `recurrent.h` and `recurrent.h.next`. */
  readonly stateful: boolean;
  /** Values in the series' own units go in and come out; the network's scaling is inside of the file. */
  readonly rawUnits: boolean;
}

export interface OnnxCheck {
  /** Largest absolute difference to the page's own outputs, over all examples. */
  readonly difference: number;
  readonly examples: number;
  readonly outputs: number;
  /** Of one run in ONNX Runtime, on average. */
  readonly milliseconds: number;
}

function scaleOf(run: TaskRun, { rawUnits }: OnnxChoice): { scale?: Record<string, Affine> } {
  if (!rawUnits || run.series === null) return {};
  const { shift, scale } = run.series;
  const scaler: Affine = { affine: () => ({ scale: [1 / scale], offset: [-shift / scale] }) };
  return { scale: { x: scaler, y: scaler } };
}

type Affine = NonNullable<NonNullable<Parameters<typeof exportOnnx>[1]["scale"]>[string]>;

/** The model as an ONNX file: x [batch, time, inputSize] or tokens [batch, time] -> y. */
export function onnxFile(model: DemoModel, run: TaskRun, choice: OnnxChoice): Promise<Uint8Array> {
  const { inputSize, embeddingDim } = run.shape;
  return exportOnnx(model, {
    inputs: {
      x: embeddingDim === undefined ? ["batch", "time", inputSize] : { shape: ["batch", "time"], dtype: "int32" },
    },
    outputs: ["y"],
    forward: ({ x }) => outputOf(model, run, x),
    stateful: choice.stateful,
    ...scaleOf(run, choice),
  });
}

/** Runs the file in ONNX Runtime on every example, and compares. */
export async function checkOnnxFile(model: DemoModel, run: TaskRun, choice: OnnxChoice): Promise<OnnxCheck> {
  const { loadOnnx } = await import("@unrolled/backend-onnx");
  const session = await loadOnnx(await onnxFile(model, run, choice), { threads: 1 });
  const raw = choice.rawUnits ? run.series : null;
  const toRaw = (v: number): number => (raw ? v * raw.scale + raw.shift : v);
  let [difference, outputs, milliseconds] = [0, 0, 0];
  try {
    for (let i = 0; i < run.examples; i++) {
      const { x, steps } = run.example(i);
      const input: HostTensor =
        x instanceof Int32Array
          ? { data: x, shape: [1, steps], dtype: "int32" }
          : { data: Float32Array.from(x, toRaw), shape: [1, steps, run.shape.inputSize], dtype: "float32" };
      const started = performance.now();
      const { y } = choice.stateful ? await session.step({ x: input }) : await session.run({ x: input });
      milliseconds += performance.now() - started;
      if (choice.stateful) session.reset();
      const expected = outputsOf(model, run, i);
      outputs += expected.length;
      for (const [k, value] of expected.entries())
        difference = Math.max(difference, Math.abs(y.data[k] - toRaw(value)) / (raw?.scale ?? 1));
    }
  } finally {
    await session.dispose();
  }
  return { difference, examples: run.examples, outputs, milliseconds: milliseconds / run.examples };
}

/** The weights under PyTorch's names, with the state of the page as metadata. */
export const safetensorsFile = (model: DemoModel, state: DemoState): Promise<Uint8Array> =>
  saveStateDict(model, { state: JSON.stringify({ ...state, series: state.series && { name: state.series.name } }) });
