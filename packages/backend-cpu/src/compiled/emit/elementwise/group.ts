import { type Attrs, type DType, type Op, type Shape, sameShape, stridesOf } from "@unrolled/backend";
import type { BoundNode, BoundOp } from "../../bind/bound.js";
import type { Value } from "../../bind/value.js";
import { viewOf } from "../../bind/views.js";
import { operations } from "./operations.js";

const views: ReadonlySet<Op> = new Set<Op>(["transpose", "broadcast", "slice", "flip"]);
const updates: ReadonlySet<Op> = new Set<Op>(["sgdStep", "adamStep"]);
const comparisons: ReadonlySet<Op> = new Set<Op>(["equal", "less"]);
const wholeNumbers: ReadonlySet<Op> = new Set<Op>(["add", "sub", "mul"]);
const mostNodes = 48;

/** Whether an op can be computed element by element in a loop with others. */
export function isFusible(node: BoundNode): node is BoundOp {
  if (node.kind !== "op" || !(node.op in operations)) return false;
  const [out] = node.outputs;
  if (!out || out.length === 0) return false;
  const types = node.inputs.map((value) => value?.dtype ?? null);
  const [first] = types;
  if (types.includes("float64") || out.dtype === "float64") return false;
  if (views.has(node.op)) return true;
  if (node.op === "cast") return out.dtype === "float32";
  if (node.op === "where") return types[1] !== "bool";
  if (comparisons.has(node.op)) return node.op === "equal" || first !== "bool";
  return first === "float32" || (first === "int32" && wholeNumbers.has(node.op));
}

/** Nodes that one loop nest computes, all of one shape. */
export interface Group {
  readonly shape: Shape;
  readonly nodes: readonly BoundOp[];
}

/** An operand as a group's loop reads it: strides in elements for each dimension of the group's shape. */
export interface Operand {
  readonly value: Value;
  readonly dtype: DType;
  /** In elements. */
  readonly offset: number;
  readonly strides: readonly number[];
}

/** How a node reads its inputs. */
export function operandsOf(node: BoundOp, shape: Shape): (Operand | null)[] {
  if (views.has(node.op)) {
    const [value] = node.inputs as readonly Value[];
    const view = viewOf(node.op, node.attrs as Attrs<Op>, value, { shape, dtype: value.dtype });
    if (view === null) throw new Error(`${node.op} is no view`);
    return [{ value, dtype: value.dtype, ...view }];
  }
  return node.inputs.map((value) => {
    if (value === null) return null;
    const own = stridesOf(value.shape);
    const added = shape.length - value.shape.length;
    const strides = shape.map((_, i) => (i < added || value.shape[i - added] === 1 ? 0 : own[i - added]));
    return { value, dtype: value.dtype, offset: 0, strides };
  });
}

/**
 * Splits nodes into groups and single nodes, in an order that keeps inputs before uses. A node is pulled forward into a group if
 * nothing that it needs comes after the group; updates are not, as they would overtake readers of the old state.
 */
export function groupNodes(nodes: readonly BoundNode[]): (Group | BoundNode)[] {
  const out: (Group | BoundNode)[] = [];
  const left = new Set(nodes);
  for (const node of nodes) {
    if (!left.has(node)) continue;
    left.delete(node);
    if (!isFusible(node)) {
      out.push(node);
      continue;
    }
    out.push(gather(node, left));
  }
  return out;
}

function gather(first: BoundOp, left: Set<BoundNode>): Group {
  const { shape } = first.outputs[0] as Value;
  const group = [first];
  const inside = new Set<Value>(existing(first.outputs));
  const blocked = new Set<Value>();
  const insideRoots = new Set<Value>([...inside].map(({ root }) => root));
  const joins = (node: BoundOp): boolean => {
    if (!sameShape((node.outputs[0] as Value).shape, shape) || group.length >= mostNodes) return false;
    if (updates.has(node.op) && blocked.size > 0) return false;
    return node.inputs.every((value) => {
      if (value === null) return true;
      if (blocked.has(value.root)) return false;
      if (!insideRoots.has(value.root)) return true;
      return inside.has(value) && !views.has(node.op) && sameShape(value.shape, shape);
    });
  };
  for (const node of left) {
    if (isFusible(node) && joins(node)) {
      group.push(node);
      left.delete(node);
      for (const value of existing(node.outputs)) {
        inside.add(value);
        insideRoots.add(value.root);
      }
    } else {
      for (const value of writtenBy(node)) blocked.add(value.root);
    }
  }
  return { shape, nodes: group };
}

function existing(values: readonly (Value | null)[]): Value[] {
  return values.filter((value) => value !== null);
}

function writtenBy(node: BoundNode): Value[] {
  return existing(node.outputs);
}
