export { type Check, ConformanceError, type Deviation } from "./assert/conformance-error.js";
export { type Precision, precisionOf, type Tolerance, toleranceOf } from "./assert/tolerance.js";
export type { CaseContext, ConformanceCase } from "./cases/case.js";
export { type CaseFilter, conformanceCases } from "./cases/index.js";
export { type OpCase, referenceOf } from "./cases/op-case.js";
export { primitiveCases } from "./cases/primitives.js";
export { type Generator, generator } from "./generator.js";
export { type ReferenceBackendOptions, type ReferenceBuffer, referenceBackend } from "./reference/backend.js";
export { centralDifferences, type ErasedReference } from "./reference/central-differences.js";
export { erf } from "./reference/erf.js";
export { type FusedReference, fusedReferences } from "./reference/fused.js";
export type { PrimitiveReference, PrimitiveReferences } from "./reference/primitive-reference.js";
export { primitiveReferences } from "./reference/primitives.js";
export { referenceRunner } from "./reference/runner.js";
export { type UpdateReference, updateReferences } from "./reference/updates.js";
export { type Values, valuesOf } from "./reference/values.js";
export { type RunnerCaseFilter, runnerConformanceCases } from "./runner/index.js";
export type { OutOfRange, RunnerCase, RunnerContext, RunnerTopic } from "./runner/runner-case.js";
export { shapeErrorCases } from "./shape-errors/index.js";
export type { ShapeErrorCase } from "./shape-errors/refused.js";
export { type ConformanceOptions, describeConformance, runConformance } from "./suite/describe.js";
export {
  describeRunnerConformance,
  type RunnerConformanceOptions,
  runRunnerConformance,
} from "./suite/describe-runner.js";
export {
  type Counts,
  conformanceMatrix,
  type EngineMatrix,
  type LevelMatrix,
  type MatrixCell,
} from "./suite/matrix.js";
export type { TestRunner } from "./suite/on-runner.js";
export type { CaseResult, ConformanceReport, Level, Outcome } from "./suite/report.js";
export type { Skips } from "./suite/suite.js";
