import {
  ArgumentError,
  type Backend,
  type DType,
  formatShape,
  requireKnownOptions,
  ShapeError,
} from "@unrolled/backend";
import { concat, type Generator, scope, stack, Tensor, tensor, zeros } from "@unrolled/core";
import { Dropout, init, Module, Parameter } from "@unrolled/nn";
import type { Cell } from "./cell.js";
import { scan } from "./scan.js";
import type { GateWeights } from "./stock-cells.js";

export interface RecurrentOptions {
  /** Layers stacked on each other. Default 1. */
  readonly numLayers?: number;
  /** Learn biases. Default true. */
  readonly bias?: boolean;
  /** x and y are [B, T, F] instead of [T, B, F]. The state is [layers, B, H] in either case. Default false. */
  readonly batchFirst?: boolean;
  /** Drop outputs of every layer but the last with this probability, while training. Default 0. */
  readonly dropout?: number;
  /** A second set of cells reads backwards in time; outputs are joined, [.., 2 H]. Default false. */
  readonly bidirectional?: boolean;
  /** The stream for initial weights and dropout; the default generator when left out. */
  readonly generator?: Generator;
  readonly dtype?: DType;
  readonly backend?: Backend;
}

export interface ForwardOptions {
  /** Valid steps of each sequence, a list or an int32 tensor [B]. Outputs past them are 0, and the state is carried. */
  readonly lengths?: readonly number[] | Tensor;
}

/** PyTorch's parameter names: `weight_ih_l0`, `bias_hh_l1_reverse`. */
export type WeightName = `${"weight" | "bias"}_${"ih" | "hh"}_l${string}`;

const recurrentOptions: readonly (keyof RecurrentOptions)[] = [
  "numLayers",
  "bias",
  "batchFirst",
  "dropout",
  "bidirectional",
  "generator",
  "dtype",
  "backend",
];

/** What RNN, LSTM and GRU share: parameters under PyTorch's names, stacking, directions, batches and layouts. */
export abstract class RecurrentLayer<S extends readonly Tensor[]> extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly betweenLayers: Dropout;
  readonly [weight: WeightName]: Parameter;

  /** @param gates how many gates share a weight matrix */
  protected constructor(inputSize: number, hiddenSize: number, gates: number, options: RecurrentOptions) {
    super();
    requireKnownOptions(new.target.name, options, recurrentOptions);
    const {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout = 0,
      bidirectional = false,
      generator,
      ...place
    } = options;
    for (const [name, value] of Object.entries({ inputSize, hiddenSize, numLayers })) {
      if (!Number.isInteger(value) || value < 1)
        throw new ArgumentError(new.target.name, `${name} ${value}`, "use a positive integer");
    }
    if (dropout > 0 && numLayers === 1) {
      throw new ArgumentError(
        new.target.name,
        `dropout ${dropout} with one layer drops nothing`,
        "it acts between layers: use numLayers 2 or more, or a Dropout after the layer",
      );
    }
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.bidirectional = bidirectional;
    const draw = generator ? { generator } : {};
    this.betweenLayers = new Dropout(dropout, draw);

    const bound = 1 / Math.sqrt(hiddenSize);
    const rows = gates * hiddenSize;
    for (const [layer, suffix] of this.#cellSuffixes()) {
      const columns = layer === 0 ? inputSize : hiddenSize * this.#directions;
      const add = (name: string, shape: readonly number[]): void => {
        const parameter = scope(
          (): Parameter => init.uniform_(new Parameter(zeros(shape, place)), -bound, bound, draw),
        );
        Object.defineProperty(this, `${name}_${suffix}`, { value: parameter, enumerable: true });
      };
      add("weight_ih", [rows, columns]);
      add("weight_hh", [rows, hiddenSize]);
      if (bias) {
        add("bias_ih", [rows]);
        add("bias_hh", [rows]);
      }
    }
  }

  get #directions(): 1 | 2 {
    return this.bidirectional ? 2 : 1;
  }

  *#cellSuffixes(): Generator_<readonly [layer: number, suffix: string, reverse: boolean]> {
    for (let layer = 0; layer < this.numLayers; layer++) {
      yield [layer, `l${layer}`, false];
      if (this.bidirectional) yield [layer, `l${layer}_reverse`, true];
    }
  }

  /** The cell over one layer and direction's weights. */
  protected abstract cell(weights: GateWeights): Cell<S>;
  /** How many tensors a state has. */
  protected abstract readonly stateCount: number;

  #weights(suffix: string): GateWeights {
    return {
      weightIh: this[`weight_ih_${suffix}` as WeightName],
      weightHh: this[`weight_hh_${suffix}` as WeightName],
      biasIh: this.bias ? this[`bias_ih_${suffix}` as WeightName] : null,
      biasHh: this.bias ? this[`bias_hh_${suffix}` as WeightName] : null,
    };
  }

  /** Runs x [T, B, I] through all layers. `initial` holds [layers * directions, B, H] tensors, or is undefined for zeros. */
  protected run(
    x: Tensor,
    initial: readonly Tensor[] | undefined,
    options: ForwardOptions,
  ): { output: Tensor; state: Tensor[] } {
    const op = this.constructor.name;
    const batched = x.shape.length === 3;
    if (!batched && x.shape.length !== 2) {
      throw new ShapeError(
        op,
        `x is ${formatShape(x.shape)}`,
        `give ${this.batchFirst ? "[batch, time, features]" : "[time, batch, features]"}, or [time, features] for one sequence`,
      );
    }
    if (x.shape[x.shape.length - 1] !== this.inputSize) {
      throw new ShapeError(
        op,
        `x ${formatShape(x.shape)} has ${x.shape[x.shape.length - 1]} features`,
        `this layer was made for inputSize ${this.inputSize}`,
      );
    }
    const timeFirst = !batched ? x.unsqueeze(1) : this.batchFirst ? x.swapAxes(0, 1) : x;
    const [steps, batch] = timeFirst.shape;
    const cells = this.numLayers * this.#directions;
    const start = initial?.map((part) => this.#checkState(op, part, batched, cells, batch));
    const lengths = lengthsTensor(op, options.lengths, steps, batch, x);

    let layerInput = timeFirst;
    const last: S[] = [];
    let outputs: Tensor[] = [];
    let index = 0;
    for (const [layer, suffix, reverse] of this.#cellSuffixes()) {
      const state = start?.map((part) => part.select(0, index)) as unknown as S | undefined;
      const result = scan(this.cell(this.#weights(suffix)), layerInput, state, { reverse, lengths });
      index++;
      last.push(result.state);
      outputs.push(result.output);
      if (outputs.length < this.#directions) continue;
      const joined = outputs.length === 1 ? outputs[0] : concat(outputs, 2);
      layerInput = layer < this.numLayers - 1 ? this.betweenLayers.forward(joined) : joined;
      outputs = [];
    }
    const state = Array.from({ length: this.stateCount }, (_, i) => {
      const stacked = stack(
        last.map((parts) => parts[i]),
        0,
      );
      return batched ? stacked : stacked.squeeze(1);
    });
    const output = !batched ? layerInput.squeeze(1) : this.batchFirst ? layerInput.swapAxes(0, 1) : layerInput;
    return { output, state };
  }

  #checkState(op: string, state: Tensor, batched: boolean, cells: number, batch: number): Tensor {
    const expected = batched ? [cells, batch, this.hiddenSize] : [cells, this.hiddenSize];
    if (formatShape(state.shape) !== formatShape(expected)) {
      throw new ShapeError(
        op,
        `an initial state is ${formatShape(state.shape)}`,
        `give ${formatShape(expected)}, also with batchFirst`,
      );
    }
    return batched ? state : state.unsqueeze(1);
  }
}

type Generator_<T> = globalThis.Generator<T>;

function lengthsTensor(
  op: string,
  lengths: ForwardOptions["lengths"],
  steps: number,
  batch: number,
  like: Tensor,
): Tensor | null {
  if (lengths === undefined) return null;
  if (lengths instanceof Tensor) return lengths;
  if (!Array.isArray(lengths))
    throw new ArgumentError(op, "lengths are neither a list nor a tensor", "give integers, or an int32 tensor");
  if (lengths.length !== batch || lengths.some((n) => !Number.isInteger(n) || n < 0 || n > steps)) {
    throw new ArgumentError(
      op,
      `lengths [${lengths.join(", ")}] for ${batch} sequences of ${steps} steps`,
      `give ${batch} integers from 0 to ${steps}`,
    );
  }
  return tensor(Int32Array.from(lengths as readonly number[]), { backend: like.backend });
}
