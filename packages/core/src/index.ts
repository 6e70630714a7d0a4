export type { BackwardOptions, GradOptions } from "./autograd/backpropagate.js";
export { grad } from "./autograd/backpropagate.js";
export { type CustomGradResult, customGrad, valueAndGrad, vjp } from "./autograd/functional.js";
export { type GradCheckOptions, type GradCheckResult, gradCheck } from "./autograd/grad-check.js";
export { compile } from "./compile/compile.js";
export type { CompileOptions } from "./compile/compile-options.js";
export type { CompiledStep } from "./compile/compiled-step.js";
export { syncState } from "./compile/sync-state.js";
export {
  arange,
  bernoulli,
  type CreateOptions,
  eye,
  fromBuffer,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  type RandomOptions,
  rand,
  randint,
  randn,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from "./create.js";
export { getDefaultBackend, setDefaultBackend, withBackend } from "./default-backend.js";
export { describeValue } from "./describe-value.js";
export { isGradEnabled, noGrad } from "./engine.js";
export { applyFused } from "./fused/apply-fused.js";
export { type GruStep, gruStep } from "./fused/gru.js";
export { type LstmStep, lstmStep } from "./fused/lstm.js";
export { type RnnNonlinearity, rnnStep } from "./fused/rnn.js";
export type { InputSpec, NamedShape } from "./graph/dims/input-specs.js";
export { type ExecuteOptions, executeNodes } from "./graph/execute.js";
export { graphToText } from "./graph/graph-to-text.js";
export { afterRun, type HostInputOptions, hostInput, hostName } from "./graph/host-input.js";
export { interpreter } from "./graph/interpreter.js";
export { lowerFused } from "./graph/lower-fused.js";
export { simplifyGraph } from "./graph/simplify.js";
export {
  type NamedTensors,
  type TensorRecord,
  type TensorsOf,
  type TracedStep,
  type TraceOptions,
  trace,
  traceStep,
} from "./graph/trace.js";
export type { HostInput, HostInputRule, MakeHostData } from "./graph/tracer.js";
export { isTracing } from "./graph/tracing-mark.js";
export { retainBuffer } from "./memory/references.js";
export { keep, scope } from "./memory/scope.js";
export * from "./ops/activations.js";
export {
  abs,
  add,
  cast,
  cos,
  div,
  equal,
  erf,
  exp,
  greater,
  greaterEqual,
  isNan,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  relu,
  sigmoid,
  sign,
  sin,
  sqrt,
  sub,
  type TensorLike,
  tanh,
  where,
} from "./ops/elementwise.js";
export * from "./ops/indexing.js";
export * from "./ops/matmul.js";
export * from "./ops/movement.js";
export * from "./ops/reductions.js";
export * from "./ops/softmax.js";
export * from "./ops/splitting.js";
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from "./random/generator.js";
export { requireBackend } from "./require-backend.js";
export type { ScanFunction, ScanStep } from "./scan/loop-over.js";
export { type ScanStepsOptions, scanSteps } from "./scan/scan-steps.js";
export { type NestedArray, Tensor } from "./tensor.js";
export { applyUpdate, updateInPlace } from "./updates/apply-update.js";
