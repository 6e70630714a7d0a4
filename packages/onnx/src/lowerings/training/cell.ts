import type { DType } from "@unrolled/backend";
import type { ModelBuilder, Operand } from "../../builder.js";

/** The parameters of one layer and direction. */
export interface Parameters {
  /** [G H, I] */
  readonly wIh: Operand;
  /** [G H, P] */
  readonly wHh: Operand;
  /** [G H] */
  readonly bIh: Operand | null;
  /** [G H] */
  readonly bHh: Operand | null;
  /** [P, H]; `null` where the hidden state is not projected, and P is H. */
  readonly wHr: Operand | null;
  readonly hidden: number;
  /** P */
  readonly width: number;
  readonly dtype: DType;
}

/** What one gate gradient was multiplied with in the recurrent product: the state before the step, or a `rowMajor` result. */
export type RecurrentOperand = "state" | "result";

/**
 * One step of a recurrent cell and its gradient, feature-major: activations are [features, B], and weights are left operands,
 * which ONNX Runtime multiplies as they lie; as right operands they would be packed again at each step.
 */
export interface TrainedCell {
  /** How many tensors [H, B] the cell carries; the first is the hidden state, [P, B]. */
  readonly states: number;
  /** Made once a run, for all forward steps. */
  forwardWeights(b: ModelBuilder, parameters: Parameters): readonly string[];
  /**
   * One step.
   *
   * @param column the step's input and, where there are biases, a row of ones, [I + 1, B]; `null` if both are absent
   * @returns states after the step; what the backward step reads, [H, B]; and at most one operand of a recurrent product
   */
  step(
    b: ModelBuilder,
    weights: readonly string[],
    column: string | null,
    states: readonly string[],
  ): { next: readonly string[]; kept: readonly string[]; product?: string };
  /** Made once a run, for all backward steps. */
  backwardWeights(b: ModelBuilder, parameters: Parameters): readonly string[];
  /**
   * The gradient of one step.
   *
   * @param gradients of the states after the step
   * @returns gradients of the states before it, and of what went into the gates, [rows, B] each; where there is a projection, also
   *   the gradient of its result, [P, B], whose operand is the last of what was kept
   */
  back(
    b: ModelBuilder,
    weights: readonly string[],
    gradients: readonly string[],
    kept: readonly string[],
  ): { previous: readonly string[]; gates: readonly string[]; projected?: string };
  /** Which gate gradients, one above the other, belong to the rows of weight_ih. */
  readonly inputRows: readonly number[];
  /** Which gate gradients belong to the rows of weight_hh, and what each was multiplied with. */
  readonly recurrentRows: readonly { readonly gate: number; readonly by: RecurrentOperand }[];
  /** Rows of each gate gradient, in multiples of H. */
  readonly gateSizes: readonly number[];
}
