import {
  type Attrs,
  allocate,
  checkShape,
  type DType,
  type Graph,
  type GraphBinding,
  type GraphNode,
  type GraphValue,
  type In,
  type Meta,
  type Op,
  type OpNode,
  type ScanNode,
  type Shape,
  ShapeError,
  sizeOf,
  type TypedArray,
  table,
} from "@unrolled/backend";
import { fold } from "./fold.js";
import {
  allocateElements,
  CannotImport,
  type ElementType,
  graphDType,
  type HostConstant,
  narrowed,
  Operand,
  type Weight,
} from "./operand.js";
import { pruned } from "./prune.js";

const largestRank = 32;
/** Filled tensors up to this size are known at import too: shapes are made of them. */
const largestKnownFill = 64;

/** Ops whose int32 result may differ from the int64 one of the file. */
const wraps: ReadonlySet<Op> = new Set(["add", "sub", "mul", "neg", "abs", "sum", "cumsum"]);

/** Ops that only move elements: of a tensor filled with one value they make another. */
const moves: ReadonlySet<Op> = new Set(["reshape", "broadcast", "transpose", "slice", "flip", "concat"]);

export interface ScanOutcome {
  readonly states: readonly Operand[];
  readonly results: readonly Operand[];
}

/** Collects the nodes and constants of a graph. What is known at import is computed here and needs no node. */
export class Assembler {
  /** The weights in use, by the values that stand for them. */
  readonly weights: Map<GraphValue, Weight> = new Map<GraphValue, Weight>();
  readonly #nodes: GraphNode[] = [];
  readonly #weightOperands = new Map<Weight, Operand>();
  /** Where nodes go: the graph, or the body of the innermost open scan. */
  #open: GraphNode[] = this.#nodes;
  readonly #constants = new Map<GraphValue, TypedArray>();
  #values = 0;
  #budget: number;

  /** `budget`: how many elements may be computed at import; what goes beyond is left to the graph. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Whether `count` elements may be computed here; takes them off the budget if so. */
  spend(count: number): boolean {
    if (count > this.#budget) return false;
    this.#budget -= count;
    return true;
  }

  input(shape: Shape, type: ElementType): Operand {
    const value = this.#value(shape, graphDType(type));
    return new Operand(shape, type, null, () => value);
  }

  constant(constant: HostConstant): Operand {
    const { shape, type } = constant;
    return new Operand(shape, type, constant, () => {
      const value = this.#value(shape, graphDType(type));
      this.#constants.set(value, narrowed(constant));
      return value;
    });
  }

  /** A value that the module holds; the same one for the same weight. */
  weight(weight: Weight): Operand {
    let operand = this.#weightOperands.get(weight);
    if (!operand) {
      const { shape, type } = weight;
      operand = new Operand(shape, type, null, () => {
        const value = this.#value(shape, graphDType(type));
        this.weights.set(value, weight);
        return value;
      });
      this.#weightOperands.set(weight, operand);
    }
    return operand;
  }

  /** A 0-d constant. */
  scalar(value: number, dtype: DType): Operand {
    return this.constant({ shape: [], type: dtype, data: allocate(dtype, 1).fill(value) });
  }

  /** A host list of int64. */
  integers(values: readonly number[]): Operand {
    return this.constant({ shape: [values.length], type: "int64", data: Float64Array.from(values) });
  }

  /**
   * A tensor of one value, by a node: its shape may depend on sizes that differ from run to run, which no constant could
   * follow. While it is small its elements are known at import too.
   */
  filled(value: number, shape: Shape, type: ElementType): Operand {
    checkShape("fill", shape);
    const size = sizeOf(shape);
    const known = size <= largestKnownFill ? { shape, type, data: allocateElements(type, size).fill(value) } : null;
    const make = (): GraphValue => {
      requireInt32(type, value);
      return this.#outside("fill", [], { shape, value, dtype: graphDType(type) });
    };
    return new Operand(shape, type, known, make, value);
  }

  /** start, start + step, ...: by nodes, for the same reason; while it is short its elements are known at import too. */
  counted(start: number, step: number, length: number, type: ElementType): Operand {
    const dtype = graphDType(type);
    const known = type === "int64" && length <= 4096 && this.spend(length);
    const data = known ? Float64Array.from({ length }, (_, i) => start + i * step) : null;
    const make = (): GraphValue => {
      requireInt32(type, start);
      requireInt32(type, start + step * length);
      const numbers = this.#outside("iota", [], { length, dtype });
      const scalar = (value: number): GraphValue => this.scalar(value, dtype).value;
      const scaled = step === 1 ? numbers : this.#outside("mul", [numbers, scalar(step)], {});
      return start === 0 ? scaled : this.#outside("add", [scaled, scalar(start)], {});
    };
    return new Operand([length], type, data && { shape: [length], type, data }, make);
  }

  /** The same value under another element type of the same dtype. */
  retyped(x: Operand, type: ElementType): Operand {
    return new Operand(x.shape, type, x.constant && { ...x.constant, type }, () => x.value, x.fill);
  }

  /** One op of the table with one output. */
  apply<K extends Op>(op: K, inputs: readonly (Operand | null)[], attrs: Attrs<K>): Operand {
    return this.applyAll(op, inputs, attrs)[0];
  }

  applyAll<K extends Op>(op: K, inputs: readonly (Operand | null)[], attrs: Attrs<K>): Operand[] {
    const metas = table[op].infer(inputs as unknown as In<K, Meta>, attrs) as unknown as readonly Meta[];
    for (const { shape } of metas) {
      if (shape.length > largestRank)
        throw new ShapeError(op, `rank ${shape.length}`, `use at most ${largestRank} axes`);
      checkShape(op, shape);
    }
    const source = op === "where" ? inputs[1] : inputs[0];
    const typeOf = ({ dtype }: Meta): ElementType =>
      dtype === "int32" && op !== "cast" && source?.type === "int64" ? "int64" : dtype;
    const fill = moves.has(op) ? uniform(op, inputs) : null;
    if (fill !== null) return [this.filled(fill, metas[0].shape, typeOf(metas[0]))];
    const known = inputs.flatMap((x) => (x?.constant ? [x.constant] : []));
    if (known.length === inputs.length && known.length > 0 && this.spend(sizeOf(metas[0].shape))) {
      const folded = fold(op, known, attrs, metas[0], typeOf(metas[0]));
      if (folded) {
        const { shape, type, data } = folded;
        return [data.length === 1 ? this.filled(data[0], shape, type) : this.constant(folded)];
      }
    }
    if (wraps.has(op) && inputs.some((x) => x?.type === "int64"))
      throw new CannotImport("computes int64 numbers that are not known before the run");
    const values = inputs.map((x) => (x ? x.value : null));
    const outputs = metas.map(({ shape, dtype }) => this.#value(shape, dtype));
    const node: OpNode<K> = { kind: "op", op, attrs, inputs: values, outputs };
    this.#open.push(node as unknown as OpNode);
    return outputs.map((value, i) => new Operand(value.shape, typeOf(metas[i]), null, () => value));
  }

  /** A loop over the first dimension of the sequences. The step is called once. */
  scan(
    states: readonly Operand[],
    sequences: readonly Operand[],
    reverse: boolean,
    step: (states: readonly Operand[], slices: readonly Operand[]) => ScanOutcome | null,
  ): ScanOutcome | null {
    const inputs = [...states, ...sequences].map(({ value }) => value);
    const steps = sequences[0].shape[0];
    const inside = states.map(({ shape, type }) => this.input(shape, type));
    const slices = sequences.map(({ shape, type }) => this.input(shape.slice(1), type));
    const around = this.#open;
    const nodes: GraphNode[] = [];
    this.#open = nodes;
    let done: ScanOutcome | null;
    let nextStates: GraphValue[];
    let results: GraphValue[];
    try {
      done = step(inside, slices);
      nextStates = done ? done.states.map(({ value }) => value) : [];
      results = done ? done.results.map(({ value }) => value) : [];
    } finally {
      this.#open = around;
    }
    if (!done) return null;
    const last = done.states.map(({ shape, type }) => this.input(shape, type));
    const stacked = done.results.map(({ shape, type }) => {
      checkShape("scan", [steps, ...shape]);
      return this.input([steps, ...shape], type);
    });
    const values = (list: readonly Operand[]): GraphValue[] => list.map(({ value }) => value);
    const body = { states: values(inside), slices: values(slices), nodes, nextStates, results };
    const outputs = [...values(last), ...values(stacked)];
    const node: ScanNode = { kind: "scan", op: "scan", body, reverse, inputs, outputs };
    this.#open.push(node);
    return { states: last, results: stacked };
  }

  /** The graph, without nodes that no output needs. */
  build(name: string, inputs: readonly GraphBinding[], outputs: readonly GraphBinding[]): Graph {
    const needed = new Set(outputs.map(({ value }) => value));
    const nodes = pruned(this.#nodes, needed);
    const constants = new Map([...this.#constants].filter(([value]) => needed.has(value)));
    for (const value of this.weights.keys()) if (!needed.has(value)) this.weights.delete(value);
    return { name, inputs, outputs, state: [], constants, nodes };
  }

  /** A node of the graph around all scans, so that every reader may share it. */
  #outside<K extends Op>(op: K, inputs: readonly GraphValue[], attrs: Attrs<K>): GraphValue {
    const [{ shape, dtype }] = table[op].infer(inputs as unknown as In<K, Meta>, attrs) as unknown as readonly [Meta];
    const value = this.#value(shape, dtype);
    const node: OpNode<K> = { kind: "op", op, attrs, inputs, outputs: [value] };
    this.#nodes.push(node as unknown as OpNode);
    return value;
  }

  #value(shape: Shape, dtype: DType): GraphValue {
    return { id: this.#values++, shape, dtype };
  }
}

function requireInt32(type: ElementType, value: number): void {
  if (type === "int64" && value !== (value | 0))
    throw new CannotImport(`the int64 constant ${value} does not fit int32`);
}

/** The one value of all elements that a movement moves. */
function uniform(op: Op, inputs: readonly (Operand | null)[]): number | null {
  const [first] = inputs;
  if (!first) return null;
  if (op === "broadcast" && first.constant?.data.length === 1) return first.constant.data[0];
  return inputs.every((x) => x && x.fill !== null && Object.is(x.fill, first.fill)) ? first.fill : null;
}
