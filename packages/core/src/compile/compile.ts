import { type Runner, requireKnownOptions } from "@unrolled/backend";
import { getDefaultBackend } from "../default-backend.js";
import type { InputSpec } from "../graph/dims/input-specs.js";
import { interpreter } from "../graph/interpreter.js";
import type { NamedTensors, TensorRecord } from "../graph/trace.js";
import type { Tensor } from "../tensor.js";
import { CompiledStep } from "./compiled-step.js";

export interface CompileOptions {
  /** Whatever the step changes: the model and the optimiser. Everything it touches must be here or under `constants`. */
  readonly state: NamedTensors | readonly NamedTensors[];
  /** What the step only reads. */
  readonly constants?: NamedTensors | readonly NamedTensors[];
  /** What runs the graph. Default: the interpreter on the default backend. */
  readonly runner?: Runner;
  /**
   * Names and shapes of the inputs, in the order of the step's parameters. Sizes with names may differ from run to run,
   * `{ x: ["batch", "time", 1], y: ["batch", 1] }`. Default: shapes are fixed, and each new combination is traced anew.
   */
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  /** The graph's name. Default "step". */
  readonly name?: string;
}

/**
 * Traces a whole training step (forward, backward, update) once and runs it as one graph: by the interpreter, or in ONNX Runtime,
 * where it is as fast as PyTorch's own kernels. The numbers are those of the eager step.
 *
 * The first run traces. From then on the state lives in the program: reading a parameter raises until `await step.sync()`.
 * A run under other shapes, dtypes, train or eval modes or optimiser settings traces again. Learning rates, step counts and
 * dropout masks are computed for every run.
 *
 * @param step synchronous; takes tensors, returns a tensor (the loss) or a record of tensors
 * @throws GraphError from the first run, if the step touches a tensor that is not listed or reads elements
 * @example
 * const step = compile((x: Tensor, y: Tensor) => optimizer.step(() => mseLoss(model.forward(x), y)), {
 *   state: [model, optimizer],
 *   runner: await onnxRuntime({ threads: 1 }),
 * });
 * for (const [x, y] of loader) console.log((await step.run(x, y)).item());
 * await step.sync(); // the model has the weights again
 */
export function compile<A extends readonly Tensor[], R extends Tensor | TensorRecord>(
  step: (...inputs: A) => R,
  options: CompileOptions,
): CompiledStep<A, R> {
  requireKnownOptions("compile", options, ["state", "constants", "runner", "inputs", "name"]);
  const runner = options.runner ?? interpreter(getDefaultBackend());
  return new CompiledStep(step, { ...options, runner });
}
