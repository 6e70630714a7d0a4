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
} from "./operand.js";

const largestRank = 32;

/** Ops whose int32 result may differ from the int64 one of the file. */
const wraps: ReadonlySet<Op> = new Set(["add", "sub", "mul", "neg", "abs", "sum", "cumsum"]);

/** Collects the nodes and constants of a graph. What is known at import is computed here and needs no node. */
export class Assembler {
  readonly #nodes: OpNode[] = [];
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

  /** A 0-d constant. */
  scalar(value: number, dtype: DType): Operand {
    return this.constant({ shape: [], type: dtype, data: allocate(dtype, 1).fill(value) });
  }

  /** A host list of int64. */
  integers(values: readonly number[]): Operand {
    return this.constant({ shape: [values.length], type: "int64", data: Float64Array.from(values) });
  }

  /** A tensor of one value: known at import while it is small, else a node. */
  filled(value: number, shape: Shape, type: ElementType): Operand {
    checkShape("fill", shape);
    const size = sizeOf(shape);
    if (size <= 64) return this.constant({ shape, type, data: allocateElements(type, size).fill(value) });
    const made = this.apply("fill", [], { shape, value, dtype: graphDType(type) });
    return type === "int64" ? this.retyped(made, type) : made;
  }

  /** The same value under another element type of the same dtype. */
  retyped(x: Operand, type: ElementType): Operand {
    return new Operand(x.shape, type, x.constant && { ...x.constant, type }, () => x.value);
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
    const known = inputs.flatMap((x) => (x?.constant ? [x.constant] : []));
    if (known.length === inputs.length && known.length > 0 && this.spend(sizeOf(metas[0].shape))) {
      const folded = fold(op, known, attrs, metas[0], typeOf(metas[0]));
      if (folded) return [this.constant(folded)];
    }
    if (wraps.has(op) && inputs.some((x) => x?.type === "int64"))
      throw new CannotImport("computes int64 numbers that are not known before the run");
    const values = inputs.map((x) => (x ? x.value : null));
    const outputs = metas.map(({ shape, dtype }) => this.#value(shape, dtype));
    const node: OpNode<K> = { kind: "op", op, attrs, inputs: values, outputs };
    this.#nodes.push(node as unknown as OpNode);
    return outputs.map((value, i) => new Operand(value.shape, typeOf(metas[i]), null, () => value));
  }

  /** The graph, without nodes that no output needs. */
  build(name: string, inputs: readonly GraphBinding[], outputs: readonly GraphBinding[]): Graph {
    const needed = new Set(outputs.map(({ value }) => value));
    const nodes: GraphNode[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((value) => value && needed.has(value))) continue;
      for (const value of node.inputs) if (value) needed.add(value);
      nodes.push({ ...node, outputs: node.outputs.map((value) => (value && needed.has(value) ? value : null)) });
    }
    const constants = new Map([...this.#constants].filter(([value]) => needed.has(value)));
    return { name, inputs, outputs, state: [], constants, nodes: nodes.reverse() };
  }

  #value(shape: Shape, dtype: DType): GraphValue {
    return { id: this.#values++, shape, dtype };
  }
}
