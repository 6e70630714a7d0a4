import { ArgumentError, type Runner, requireKnownOptions } from "@unrolled/backend";
import { getDefaultBackend } from "../default-backend.js";
import { interpreter } from "../graph/interpreter.js";
import type { TensorRecord } from "../graph/trace.js";
import type { Tensor } from "../tensor.js";
import type { CompileOptions } from "./compile-options.js";
import { CompiledStep } from "./compiled-step.js";

function defaultRunner(): Runner {
  const backend = getDefaultBackend();
  return backend.graphRunner ?? interpreter(backend);
}

/**
 * Traces a whole training step (forward, backward, update) once and runs it as one graph: as WebAssembly on the CPU backend, by the
 * interpreter on others, or in ONNX Runtime, where it is as fast as PyTorch's own kernels. The numbers are those of the eager step.
 *
 * The first run traces. From then on the state lives in the program: reading a parameter raises until `await step.sync()`, or
 * `await syncState(model)` where only the model is at hand. The model keeps the program alive until then; `dispose` frees it.
 * A run under other shapes, dtypes, modes (train, eval), settings of modules and optimisers, or with other parameters frozen traces
 * again. Learning rates, step counts and dropout masks are computed for every run, when it begins: await it before you change
 * them. Any other number from outside stays as it was at the trace, unless `guard` tells of it or `hostInput` brings it in. A
 * module without tensors, such as Dropout, must be inside of one that is listed for its mode to be seen.
 *
 * What was traced last for 8 combinations of shapes, modes and settings is kept. Where shapes vary more than that, name their sizes in
 * `inputs`: one trace then serves all. For each combination of named sizes the CPU backend still compiles code when it is met first
 * (1 to 10 ms), and keeps that of the last ones, 64 MB of it: for small nets 350 to 1,200 combinations. ONNX Runtime and the
 * interpreter compile nothing for sizes.
 *
 * @param step synchronous; takes tensors, returns a tensor (the loss) or a record of tensors
 * @throws ArgumentError for options that are not what they should be, and from the first run if the step returns no tensor
 * @throws GraphError from the first run, if the step touches a tensor that is not listed, reads elements, or adds to gradients that
 *   an earlier run left
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
  requireKnownOptions("compile", options, ["state", "constants", "runner", "inputs", "guard", "name"]);
  const runner = options.runner ?? defaultRunner();
  if (typeof runner.prepare !== "function")
    throw new ArgumentError("compile", "runner is no runner", "await it: runner: await onnxRuntime()");
  if (typeof step !== "function") throw new ArgumentError("compile", "step is no function", "give the step to trace");
  if (options.guard !== undefined && typeof options.guard !== "function")
    throw new ArgumentError("compile", "guard is no function", "guard: () => clip");
  return new CompiledStep(step, { ...options, runner });
}
