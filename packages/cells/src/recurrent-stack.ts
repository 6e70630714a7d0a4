import { ArgumentError, formatShape, requireKnownOptions, type Shape, ShapeError } from "@unrolled/backend";
import { concat, describeValue, type Generator, noGrad, scope, type Tensor, unbind } from "@unrolled/core";
import { Dropout, Module, type StatefulRun, statePorts } from "@unrolled/nn";
import type { Cell, CellResult } from "./cell.js";
import { zeroStateOf } from "./cell-contract.js";
import { refuseOptionsAsState, requireBackendOf, requireLikeWeights, requireTensor } from "./checks.js";
import { type Lengths, lengthsTensor } from "./lengths.js";
import { PackedSequence } from "./packed-sequence.js";
import { requireCounts } from "./parameters.js";
import { walk } from "./scan.js";
import { stackCell, stackStates } from "./stack-cell.js";

/** The options that every recurrent layer has. */
export interface StackOptions {
  /** Layers stacked on each other. Default 1. */
  readonly numLayers?: number;
  /** x and y are [B, T, F] instead of [T, B, F]. The state is [layers * directions, B, H] in either case. Default false. */
  readonly batchFirst?: boolean;
  /** Drop outputs of every layer but the last with this probability, while training. Default 0. */
  readonly dropout?: number;
  /** A second set of cells reads backwards in time; outputs are joined, [.., 2 H]. Default false. */
  readonly bidirectional?: boolean;
  /** The stream for dropout (and, in RNN, LSTM and GRU, initial weights); the default generator when left out. */
  readonly generator?: Generator;
}

export const stackOptions: readonly (keyof StackOptions)[] = [
  "numLayers",
  "batchFirst",
  "dropout",
  "bidirectional",
  "generator",
];

/** Options of a recurrent layer's `forward`. */
export interface ForwardOptions {
  /** Valid steps of each sequence, 0 to T, a list or an int32 tensor [B]. Outputs past them are 0, and the state is carried. */
  readonly lengths?: Lengths;
}

const noOptions: ForwardOptions = {};

/** What a layer gives for what it reads: packed for packed, else a tensor. */
export type OutputOf<X extends Tensor | PackedSequence> = X extends PackedSequence ? PackedSequence : Tensor;

/** Stacking, directions, layouts, lengths and packed sequences: the one path of RNN, LSTM, GRU and layers of users' cells. */
export abstract class RecurrentStack<S extends readonly Tensor[]> extends Module {
  protected readonly op: string;
  readonly inputSize: number;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly betweenLayers: Dropout;

  /** @param op the name in error messages; a class's own name would not survive minifying */
  protected constructor(op: string, inputSize: number, options: StackOptions) {
    super();
    const { numLayers = 1, batchFirst = false, dropout = 0, bidirectional = false, generator } = options;
    requireCounts(op, { inputSize, numLayers });
    if (dropout > 0 && numLayers === 1) {
      throw new ArgumentError(
        op,
        `dropout ${dropout} with one layer drops nothing`,
        "it acts between layers: use numLayers 2 or more, or a Dropout after the layer",
      );
    }
    this.op = op;
    this.inputSize = inputSize;
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.bidirectional = bidirectional;
    this.betweenLayers = new Dropout(dropout, generator ? { generator } : {});
  }

  /** The cell of one layer and direction, by its place in the state: layer * directions + direction. */
  protected abstract cellAt(index: number): Cell<S, unknown>;

  /** 2 if bidirectional, else 1. */
  get directions(): 1 | 2 {
    return this.bidirectional ? 2 : 1;
  }

  /** How many cells there are: layers * directions. */
  get cellCount(): number {
    return this.numLayers * this.directions;
  }

  /**
   * The whole stack as a cell of one step: x [B, I], state parts [layers, B, size], output [B, O]. For `unroll` and loops.
   *
   * @throws ArgumentError for a bidirectional layer, which needs the end of a sequence before its beginning
   */
  asCell(): Cell<S, readonly unknown[]> {
    if (this.bidirectional) {
      throw new ArgumentError(
        `${this.op}.asCell`,
        "a bidirectional layer cannot go step by step",
        "use a layer of one direction",
      );
    }
    const cells = Array.from({ length: this.numLayers }, (_, layer) => this.cellAt(layer));
    return stackCell(this.op, cells, (x) => this.betweenLayers.forward(x));
  }

  /** @internal One run over a plain tensor, with every cell replaced by what `watch` makes of it. */
  runObserved(
    x: Tensor,
    initial: S | null | undefined,
    watch: (cell: Cell<S, unknown>, index: number) => Cell<S, unknown>,
  ): CellResult<S> {
    return this.#runTensor(x, initial, {}, (index) => watch(this.cellAt(index), index));
  }

  /** Runs a sequence through all layers. `initial` holds [layers * directions, B, size] tensors, or is undefined for the cells' own. */
  protected run<X extends Tensor | PackedSequence>(
    x: X,
    initial: readonly Tensor[] | null | undefined,
    options: ForwardOptions = noOptions,
  ): { output: OutputOf<X>; state: S } {
    if (options !== noOptions) requireKnownOptions(this.op, options, ["lengths"]);
    const ports = initial === undefined || initial === null ? statePorts() : null;
    if (ports === null) return this.#runEither(x, initial, options);
    const carried: StatefulRun = {
      module: this,
      partName: (index) => this.partName(index),
      bidirectional: this.bidirectional,
    };
    const result = this.#runEither(x, ports.initial(carried), options);
    ports.last(carried, result.state);
    return result;
  }

  #runEither<X extends Tensor | PackedSequence>(
    x: X,
    initial: readonly Tensor[] | null | undefined,
    options: ForwardOptions,
  ): { output: OutputOf<X>; state: S } {
    const result =
      x instanceof PackedSequence ? this.#runPacked(x, initial, options) : this.#runTensor(x, initial, options);
    return result as { output: OutputOf<X>; state: S };
  }

  #runPacked(
    x: PackedSequence,
    initial: readonly Tensor[] | null | undefined,
    { lengths }: ForwardOptions,
  ): { output: PackedSequence; state: S } {
    if (lengths !== undefined)
      throw new ArgumentError(this.op, "lengths for a packed sequence", "leave them out: it has its own");
    if (x.padded.shape.length !== 3)
      throw new ShapeError(this.op, `the packed steps are ${formatShape(x.padded.shape.slice(2))}`, "pack [features]");
    this.#checkInput(x.padded);
    const { output, state } = this.#runLayers(x.padded, this.#startOf(initial, x.padded, true), x.lengths);
    return { output: new PackedSequence(output, x.lengths, x.sortedIndices), state };
  }

  #runTensor(
    x: Tensor,
    initial: readonly Tensor[] | null | undefined,
    { lengths }: ForwardOptions,
    cellAt?: (index: number) => Cell<S, unknown>,
  ): CellResult<S> {
    requireTensor(this.op, "x", x);
    const batched = x.shape.length === 3;
    if (!batched && x.shape.length !== 2) {
      throw new ShapeError(
        this.op,
        `x is ${formatShape(x.shape)}`,
        `give ${this.batchFirst ? "[batch, time, features]" : "[time, batch, features]"}, or [time, features] for one sequence`,
      );
    }
    this.#checkInput(x);
    const timeFirst = !batched ? x.unsqueeze(1) : this.batchFirst ? x.swapAxes(0, 1) : x;
    if (timeFirst.shape[0] === 0)
      throw new ShapeError(this.op, `x is ${formatShape(x.shape)}`, "give at least one time step");
    const { output, state } = this.#runLayers(timeFirst, this.#startOf(initial, timeFirst, batched), lengths, cellAt);
    if (batched) return { output: this.batchFirst ? output.swapAxes(0, 1) : output, state };
    return { output: output.squeeze(1), state: state.map((part) => part.squeeze(1)) as unknown as S };
  }

  /** x [T, B, I] -> output [T, B, O] and the last states, [layers * directions, B, size] each. */
  #runLayers(
    x: Tensor,
    start: readonly S[] | undefined,
    given: Lengths | undefined,
    cellAt: (index: number) => Cell<S, unknown> = (index) => this.cellAt(index),
  ): CellResult<S> {
    const lengths = lengthsTensor(this.op, given, x.shape[0], x.shape[1], x);
    const directions = this.directions;
    const last: S[] = [];
    let layerInput = x;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const outputs: Tensor[] = [];
      for (let direction = 0; direction < directions; direction++) {
        const index = layer * directions + direction;
        const options = { reverse: direction === 1, lengths };
        const { output, state } = walk(cellAt(index), layerInput, start?.[index], options);
        this.checkOutput(output);
        outputs.push(output);
        last.push(state);
      }
      const joined = directions === 1 ? outputs[0] : concat(outputs, 2);
      layerInput = layer < this.numLayers - 1 ? this.betweenLayers.forward(joined) : joined;
    }
    return { output: layerInput, state: stackStates(last) };
  }

  /** Raises for a cell's outputs that the next layer could not read. */
  protected checkOutput(_output: Tensor): void {
    // a stock cell's outputs follow from its weights
  }

  /** The weights whose dtype and backend x and the state must have; undefined where cells are users' own. */
  protected referenceWeight(): Tensor | undefined {
    return undefined;
  }

  /** What a part of the state is called in error messages. */
  protected partName(index: number): string {
    return `state[${index}]`;
  }

  #checkInput(x: Tensor): void {
    const weight = this.referenceWeight();
    if (weight) requireLikeWeights(this.op, "x", x, weight);
    const features = x.shape[x.shape.length - 1];
    if (features === this.inputSize) return;
    throw new ShapeError(
      this.op,
      `x ${formatShape(x.shape)} has ${features} features`,
      `this layer was made for inputSize ${this.inputSize}: give it that many in the last dimension`,
    );
  }

  /** The given state, checked and cut into one state for each cell. */
  #startOf(initial: readonly Tensor[] | null | undefined, x: Tensor, batched: boolean): readonly S[] | undefined {
    if (initial === undefined || initial === null) return undefined;
    const shapes = this.stateShapes(x.shape[1], x);
    this.#checkState(initial, shapes.length);
    const parts = initial.map((part, i) => {
      const [batch, ...rest] = shapes[i];
      const expected = batched ? [this.cellCount, batch, ...rest] : [this.cellCount, ...rest];
      if (formatShape(part.shape) !== formatShape(expected)) {
        throw new ShapeError(
          this.op,
          `${this.partName(i)} is ${formatShape(part.shape)}`,
          `give ${formatShape(expected)}, also with batchFirst`,
        );
      }
      const weight = this.referenceWeight();
      if (weight) requireLikeWeights(this.op, this.partName(i), part, weight);
      else requireBackendOf(this.op, this.partName(i), part, "x", x);
      return unbind(batched ? part : part.unsqueeze(1), 0);
    });
    return Array.from({ length: this.cellCount }, (_, index) => parts.map((part) => part[index]) as unknown as S);
  }

  /** Raises unless the state is a list of so many tensors. */
  #checkState(initial: readonly Tensor[], count: number): void {
    const thirdPlace = "options come third: forward(x, undefined, { lengths })";
    refuseOptionsAsState(this.op, initial, thirdPlace);
    const names = Array.from({ length: count }, (_, i) => this.partName(i));
    const wanted = `give the list [${names.join(", ")}], ${count} tensor${count === 1 ? "" : "s"}`;
    if (!Array.isArray(initial) || initial.length !== count)
      throw new ArgumentError(this.op, `the state is ${describeValue(initial)}`, wanted);
    for (const [i, part] of initial.entries()) {
      refuseOptionsAsState(this.op, part, thirdPlace);
      requireTensor(this.op, names[i], part, "give a state, the second of what a layer returns, or nothing for zeros");
    }
  }

  /** The shapes [B, size] of a cell's state. */
  protected stateShapes(batch: number, like: Tensor): readonly Shape[] {
    const shapes: Shape[] = [];
    scope((): void => {
      for (const { shape } of noGrad(() => zeroStateOf(this.cellAt(0), batch, like))) shapes.push(shape);
    });
    return shapes;
  }
}
