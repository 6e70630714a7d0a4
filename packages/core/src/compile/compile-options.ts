import type { Runner } from "@unrolled/backend";
import type { InputSpec } from "../graph/dims/input-specs.js";
import type { NamedTensors } from "../graph/trace.js";

/** Options of `compile`. */
export interface CompileOptions {
  /** Whatever the step changes: the model and the optimiser. Everything it touches must be here or under `constants`. */
  readonly state: NamedTensors | readonly NamedTensors[];
  /** What the step only reads. */
  readonly constants?: NamedTensors | readonly NamedTensors[];
  /** What runs the graph. Default: the default backend's `graphRunner`, or else the interpreter on that backend. */
  readonly runner?: Runner;
  /**
   * Names and shapes of the inputs, in the order of the step's parameters. Sizes with names may differ from run to run,
   * `{ x: ["batch", "time", 1], y: ["batch", 1] }`. Default: shapes are fixed, and each new combination is traced anew.
   */
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  /**
   * Whatever else the step reads that is neither a tensor nor a setting of what is listed: another value traces again.
   * `guard: () => clip` for a step with `clipGradNorm: clip`.
   */
  readonly guard?: () => string | number | boolean;
  /** The graph's name. Default "step". */
  readonly name?: string;
}
