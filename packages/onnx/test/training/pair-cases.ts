import {
  type Attrs,
  type BackwardNode,
  type DType,
  type FusedOp,
  type Graph,
  type GraphValue,
  type OpNode,
  type Shape,
  sizeOf,
} from "@unrolled/backend";
import { GraphMaker } from "../graph-maker.js";
import { numbers } from "../numbers.js";
import { type Host, host } from "../values.js";

export const kinds = ["tanh", "relu", "lstm", "gru", "gruResetBefore"] as const;
export type Kind = (typeof kinds)[number];

export interface PairCase {
  readonly kind: Kind;
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
  readonly dtype?: DType;
  readonly reverse?: boolean;
  readonly lengths?: readonly number[];
  /** Both biases unless told. */
  readonly biases?: readonly [bIh: boolean, bHh: boolean];
  /** Outputs of the forward node that have a cotangent; all unless told. */
  readonly cotangents?: readonly boolean[];
  /** Inputs that want a gradient, by name; all unless told. */
  readonly wanted?: readonly string[];
}

export interface PairGraph {
  readonly graph: Graph;
  readonly inputs: Record<string, Host>;
}

const gateCounts: { readonly [K in Kind]: number } = { tanh: 1, relu: 1, lstm: 4, gru: 3, gruResetBefore: 3 };

function opOf(kind: Kind, reverse: boolean): readonly [FusedOp, Attrs<FusedOp>] {
  if (kind === "lstm") return ["lstmSequence", { reverse }];
  if (kind === "tanh" || kind === "relu") return ["rnnSequence", { nonlinearity: kind, reverse }];
  return ["gruSequence", { resetAfter: kind === "gru", reverse }];
}

/** The gradient of a node, appended to a graph; each gradient becomes an output `d_NAME`. */
export function withGradient(
  g: GraphMaker,
  forward: OpNode<FusedOp>,
  cotangents: readonly (GraphValue | null)[],
  names: readonly string[],
  wanted: (name: string) => boolean,
): Graph {
  const outputs = forward.inputs.map((value, i) =>
    value && value.dtype !== "int32" && wanted(names[i]) ? g.value(value.shape, value.dtype) : null,
  );
  const node: BackwardNode = { kind: "backward", op: forward.op, forward, inputs: cotangents, outputs };
  outputs.forEach((value, i) => {
    if (value) g.output(`d_${names[i]}`, value);
  });
  const graph = g.build();
  return { ...graph, nodes: [...graph.nodes, node] };
}

/** A graph of one sequence op and its gradient, with random inputs. Outputs are y, h_n, c_n and `d_NAME` of each input. */
export function pairGraph(c: PairCase): PairGraph {
  const { kind, T, B, I, H, dtype = "float32", reverse = false, biases = [true, true] } = c;
  const G = gateCounts[kind];
  const g = new GraphMaker();
  const inputs: Record<string, Host> = {};
  let seed = 1;
  const input = (name: string, shape: Shape, scale = 1): GraphValue => {
    const drawn = numbers(sizeOf(shape), seed++).map((v) => v * scale);
    inputs[name] = host(dtype, shape, drawn);
    return g.input(name, shape, dtype);
  };
  const named: Record<string, GraphValue | null> = { x: input("x", [T, B, I]), h: input("h", [B, H]) };
  if (kind === "lstm") named.c = input("c", [B, H]);
  named.wIh = input("wIh", [G * H, I], 1 / Math.sqrt(Math.max(I, 1)));
  named.wHh = input("wHh", [G * H, H], 1 / Math.sqrt(H));
  named.bIh = biases[0] ? input("bIh", [G * H]) : null;
  named.bHh = biases[1] ? input("bHh", [G * H]) : null;
  named.lengths = null;
  if (c.lengths) {
    inputs.lengths = host("int32", [B], c.lengths);
    named.lengths = g.input("lengths", [B], "int32");
  }
  const [op, attrs] = opOf(kind, reverse);
  const forward = g.node(op, Object.values(named), attrs);
  const outputNames = ["y", "h_n", "c_n"];
  const cotangents = forward.outputs.map((value, i) => {
    if (!value) return null;
    g.output(outputNames[i], value);
    return c.cotangents?.[i] === false ? null : input(`g_${outputNames[i]}`, value.shape);
  });
  const wanted = (name: string): boolean => c.wanted === undefined || c.wanted.includes(name);
  return { graph: withGradient(g, forward, cotangents, Object.keys(named), wanted), inputs };
}
