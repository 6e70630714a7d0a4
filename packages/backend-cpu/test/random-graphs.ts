// Graphs at random, for the plan of memory: operands that are shared, states that change places, loops in loops.
import {
  type Graph,
  type GraphNode,
  type GraphValue,
  type HostTensor,
  type Op,
  type ScanNode,
  type Shape,
  sizeOf,
  table,
} from "@unrolled/backend";
import type { Generator } from "@unrolled/testkit";

type Infer = (inputs: readonly GraphValue[], attrs: object) => readonly { shape: Shape; dtype: GraphValue["dtype"] }[];

export interface RandomGraph {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

export const sizes: readonly number[] = [1, 2, 3, 5, 7, 17];

/** Values stay within [-2, 2], so that errors do not grow. */
class Writer {
  readonly #random: Generator;
  #made = 0;
  nodes: GraphNode[] = [];
  readonly small: GraphValue = this.value([]);
  exact: readonly GraphValue[] = [];

  constructor(random: Generator) {
    this.#random = random;
  }

  value(shape: Shape, dtype: GraphValue["dtype"] = "float32"): GraphValue {
    return { id: this.#made++, shape, dtype };
  }

  op(op: Op, inputs: readonly GraphValue[], attrs: object = {}): GraphValue {
    const [meta] = (table[op].infer as unknown as Infer)(inputs, attrs);
    const out = this.value(meta.shape, meta.dtype);
    this.nodes.push({ kind: "op", op, attrs, inputs, outputs: [out] } as unknown as GraphNode);
    return out;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#random.integer(0, list.length - 1)];
  }

  /** One more value of [m, n] from those there are, which are all [m, n], [n], [m, 1] or []. */
  grow(pool: readonly GraphValue[], full: readonly GraphValue[], m: number, n: number): GraphValue {
    const x = this.pick(full);
    switch (this.#random.integer(0, 9)) {
      case 0:
        return this.op("tanh", [this.op("add", [x, this.pick(pool)])]);
      case 1:
        return this.op("sigmoid", [this.op("mul", [this.pick(pool), x])]);
      case 2:
        return this.op("maximum", [x, this.op("neg", [this.pick(full)])]);
      case 3: {
        const product = this.op("matmul", [x, this.pick(full)], { transA: false, transB: true });
        const small = this.op("mul", [product, this.small]);
        return this.op("tanh", [this.op("matmul", [small, this.pick(full)], { transA: false, transB: false })]);
      }
      case 4: {
        const sums = this.op("sum", [x], { axes: [this.pick([0, 1])], keepDims: true });
        return this.op("tanh", [this.op("sub", [this.pick(full), sums])]);
      }
      case 5: {
        const turned = this.op("transpose", [x], { perm: [1, 0] });
        return this.op("transpose", [this.op("relu", [turned])], { perm: [1, 0] });
      }
      case 6: {
        const flat = this.op("reshape", [x], { shape: [m * n] });
        return this.op("reshape", [this.op("flip", [flat], { axes: [0] })], { shape: [m, n] });
      }
      case 7: {
        const both = this.op("concat", [x, this.pick(full)], { axis: 1 });
        const start = this.#random.integer(0, n);
        return this.op("slice", [both], { starts: [0, start], ends: [m, start + n], steps: [1, 1] });
      }
      case 8: {
        // Of inputs, which are exact: near a tie a rounding error would pick the other side.
        const isLess = this.op("less", [this.pick(this.exact), this.pick(this.exact)]);
        return this.op("where", [isLess, this.pick(full), x]);
      }
      default:
        return this.op("mul", [this.op("abs", [x]), this.op("sigmoid", [this.pick(full)])]);
    }
  }

  /** A loop over rows [steps, m, n] whose state goes on, with a body at random. */
  scan(
    start: GraphValue,
    other: GraphValue,
    sequence: GraphValue,
    around: readonly GraphValue[],
    depth: number,
  ): GraphValue[] {
    const [steps, m, n] = sequence.shape;
    const states = [this.value([m, n]), this.value([m, n])];
    const slice = this.value([m, n]);
    const outer = this.nodes;
    this.nodes = [];
    const full = [...states, slice, ...around];
    for (let i = 0; i < 4; i++) full.push(this.grow(full, full, m, n));
    if (depth > 0) {
      const rows = this.op(
        "concat",
        [full.at(-1), slice].map((x) => this.op("reshape", [x as GraphValue], { shape: [1, m, n] })),
        { axis: 0 },
      );
      full.push(...this.scan(this.pick(full), this.pick(full), rows, [this.pick(full)], depth - 1).slice(0, 2));
    }
    const body = {
      states,
      slices: [slice],
      nodes: this.nodes,
      nextStates: [this.pick(full), this.pick(full)],
      results: [this.pick(full)],
    };
    this.nodes = outer;
    const outputs = [this.value([m, n]), this.value([m, n]), this.value([steps, m, n])];
    const reverse = this.pick([true, false]);
    const node: ScanNode = { kind: "scan", op: "scan", reverse, inputs: [start, other, sequence], outputs, body };
    this.nodes.push(node);
    return outputs;
  }
}

export function randomGraph(random: Generator): RandomGraph {
  const writer = new Writer(random);
  const [m, n] = [writer.pick(sizes), writer.pick(sizes)];
  const shapes: readonly Shape[] = [[m, n], [m, n], [n], [m, 1], []];
  const given = shapes.map((shape) => writer.value(shape));
  writer.exact = given.slice(0, 2);
  const sequence = writer.value([writer.pick([1, 2, 5]), m, n]);
  const states = [0, 1, 2].map(() => writer.value([m, n]));
  const full = [given[0], given[1], ...states];
  const pool = [...given, ...states];
  for (let i = 0; i < 14; i++) {
    if (i === 6) {
      const [last, other] = writer.scan(writer.pick(full), writer.pick(full), sequence, [writer.pick(full)], 1);
      full.push(last, other);
    }
    full.push(writer.grow([...pool, ...full], full, m, n));
  }
  const data = (shape: Shape): HostTensor => {
    const values = Float32Array.from({ length: sizeOf(shape) }, () => random.integer(-1000, 1000) / 1000);
    return { data: values, shape, dtype: "float32" };
  };
  const inputs = [...given, sequence].map((value, i) => ({ name: `x${i}`, value }));
  return {
    graph: {
      name: "random",
      inputs,
      outputs: [0, 1, 2, 3].map((i) => ({ name: `y${i}`, value: writer.pick(full) })),
      state: states.map((input, i) => {
        return { name: `s${i}`, input, output: writer.pick(full), initial: data(input.shape).data };
      }),
      constants: new Map([[writer.small, Float32Array.of(0.02)]]),
      nodes: writer.nodes,
    },
    inputs: Object.fromEntries(inputs.map(({ name, value }) => [name, data(value.shape)])),
  };
}
