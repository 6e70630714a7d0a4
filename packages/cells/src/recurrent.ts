import { ArgumentError, formatShape, requireKnownOptions, ShapeError } from "@unrolled/backend";
import type { Tensor } from "@unrolled/core";
import { Module } from "@unrolled/nn";
import type { Cell } from "./cell.js";
import type { PackedSequence } from "./packed-sequence.js";
import { requireCounts } from "./parameters.js";
import {
  type ForwardOptions,
  type OutputOf,
  RecurrentStack,
  type StackOptions,
  stackOptions,
} from "./recurrent-stack.js";

/** A cell that is a module: a `RecurrentCell`, LSTMCell and the like, or any Module with a Cell's methods. */
export type ModuleCell<S extends readonly Tensor[], C = unknown> = Module & Cell<S, C>;

/** Makes the cell of one layer and direction, for the features that it will read. */
export type MakeCell<S extends readonly Tensor[]> = (
  inputSize: number,
  layer: number,
  direction: "forward" | "reverse",
) => ModuleCell<S>;

/**
 * A layer of any cell, with all that LSTM and its like have: layers, directions, layouts, dropout, lengths, packed sequences,
 * a state given and returned.
 *
 * Input [T, B, I] ([B, T, I] with batchFirst; [T, I] for one sequence) or a PackedSequence; output [.., directions * outputSize];
 * state a tuple with one tensor [layers * directions, B, size] for each part of the cell's. In the state dict cell number
 * layer * directions + direction is `cells.N`, so `cells.0.w`, `cells.1.w`: the order of the state.
 *
 * @throws ArgumentError for one cell where several are needed; ShapeError for what does not fit
 * @example
 * const layer = new Recurrent(3, 8, (inputSize) => new LSTMCell(inputSize, 8), { numLayers: 2, bidirectional: true });
 * const [y, [h, c]] = layer.forward(zeros([10, 5, 3])); // y [10, 5, 16], h and c [4, 5, 8]
 */
export class Recurrent<S extends readonly Tensor[]> extends RecurrentStack<S> {
  readonly outputSize: number;
  readonly cells: readonly ModuleCell<S>[];

  /**
   * @param outputSize features of one cell's output
   * @param cell how to make a cell, or one cell where there is one layer of one direction
   */
  constructor(inputSize: number, outputSize: number, cell: MakeCell<S> | ModuleCell<S>, options: StackOptions = {}) {
    requireKnownOptions("Recurrent", options, stackOptions);
    super("Recurrent", inputSize, options);
    requireCounts("Recurrent", { outputSize });
    this.outputSize = outputSize;
    if (cell instanceof Module && this.cellCount > 1) {
      throw new ArgumentError(
        "Recurrent",
        `one cell for ${this.cellCount} layers and directions`,
        "give a function that makes one: (inputSize) => new MyCell(inputSize, ...)",
      );
    }
    const make: MakeCell<S> = cell instanceof Module ? () => cell : cell;
    this.cells = Array.from({ length: this.cellCount }, (_, index) => {
      const layer = Math.floor(index / this.directions);
      const columns = layer === 0 ? inputSize : outputSize * this.directions;
      return checkCell(make(columns, layer, index % this.directions === 0 ? "forward" : "reverse"));
    });
  }

  protected override cellAt(index: number): Cell<S, unknown> {
    return this.cells[index];
  }

  /** @returns all outputs of the last layer, packed if x is, and the last state of every layer and direction */
  override forward<X extends Tensor | PackedSequence>(
    x: X,
    state?: S | null,
    options: ForwardOptions = {},
  ): [y: OutputOf<X>, state: S] {
    const result = this.run(x, state, options);
    return [result.output, result.state];
  }

  protected override checkOutput({ shape }: Tensor): void {
    if (shape.length === 3 && shape[2] === this.outputSize) return;
    throw new ShapeError(
      "Recurrent",
      `a cell's outputs are ${formatShape(shape)}`,
      `this layer was made for outputSize ${this.outputSize}`,
    );
  }
}

function checkCell<C extends ModuleCell<readonly Tensor[]>>(cell: C): C {
  if (cell instanceof Module && typeof cell.step === "function" && typeof cell.zeroState === "function") return cell;
  throw new ArgumentError(
    "Recurrent",
    "the cell is not a module with zeroState and step",
    "extend RecurrentCell, so that its parameters belong to the layer",
  );
}
