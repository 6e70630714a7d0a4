import {
  formatShape,
  type Graph,
  type GraphDims,
  GraphError,
  type GraphNode,
  type GraphValue,
  type Size,
  type SizedAttrs,
} from "@unrolled/backend";
import { fitSize, type Sizes } from "./fit-size.js";

type Attributes = Readonly<Record<string, unknown>>;

/**
 * One graph for every size, from graphs of the same function at several sizes: every number that differs between them becomes a
 * polynomial of the names.
 *
 * @throws GraphError that names the op, where the graphs differ in more than such numbers
 */
export function fitGraph(graphs: readonly Graph[], traces: readonly Sizes[]): Graph {
  const fit = new Fit(traces);
  const [graph] = graphs;
  fit.nodes(graphs.map(({ nodes }) => nodes));
  fit.wiring(
    "an output or a state",
    graphs.map(({ outputs, state }) => [...outputs.map(({ value }) => value), ...state.map(({ output }) => output)]),
  );
  fit.values(
    "an input",
    graphs.map(({ inputs }) => inputs.map(({ value }) => value)),
  );
  fit.constants(graphs);
  return { ...graph, dims: { sizes: traces[0], shapes: fit.shapes, attrs: fit.attrs } satisfies GraphDims };
}

class Fit {
  readonly shapes = new Map<GraphValue, readonly Size[]>();
  readonly attrs = new Map<GraphNode, SizedAttrs>();
  readonly #traces: readonly Sizes[];
  readonly #names: string;

  constructor(traces: readonly Sizes[]) {
    this.#traces = traces;
    this.#names = Object.keys(traces[0]).join(" or ");
  }

  /** Walks node lists of equal meaning in step. */
  nodes(lists: readonly (readonly GraphNode[])[]): void {
    const [first] = lists;
    first.forEach((node, index) => {
      const others = lists.map((list) => list[index]);
      if (others.some((other) => other?.kind !== node.kind || other.op !== node.op))
        throw this.#differentOps(lists, index);
      this.#node(node, others, index);
    });
    if (lists.some((list) => list.length !== first.length)) throw this.#differentOps(lists, first.length);
  }

  #node(node: GraphNode, others: readonly GraphNode[], index: number): void {
    const place = `node ${index} ${node.op}`;
    this.wiring(
      place,
      others.map((other) => other.inputs),
    );
    if (node.kind === "scan") {
      const bodies = others.map((other) => (other as typeof node).body);
      this.values(
        place,
        bodies.map(({ states, slices }) => [...states, ...slices]),
      );
      this.nodes(bodies.map(({ nodes }) => nodes));
      this.wiring(
        place,
        bodies.map(({ nextStates, results }) => [...nextStates, ...results]),
      );
    } else if (node.kind === "op") {
      const sized = this.#attributes(
        place,
        others.map((other) => (other as typeof node).attrs as Attributes),
      );
      if (Object.keys(sized).length > 0) this.attrs.set(node, sized);
    }
    this.values(
      place,
      others.map(({ outputs }) => outputs),
    );
  }

  #attributes(place: string, all: readonly Attributes[]): SizedAttrs {
    const sized: Record<string, Size | readonly Size[]> = {};
    for (const [name, value] of Object.entries(all[0])) {
      const found = all.map((attrs) => attrs[name]);
      if (typeof value === "number") {
        const size = this.#fit(`${place}: ${name}`, found as number[]);
        if (typeof size !== "number") sized[name] = size;
      } else if (Array.isArray(value)) {
        const lists = found as number[][];
        if (lists.some((list) => list.length !== value.length)) throw this.#noFit(`${place}: ${name}`, found);
        const sizes = value.map((_, i) =>
          this.#fit(
            `${place}: ${name}[${i}]`,
            lists.map((list) => list[i]),
          ),
        );
        if (sizes.some((size) => typeof size !== "number")) sized[name] = sizes;
      } else if (found.some((other) => other !== value)) {
        throw this.#noFit(`${place}: ${name}`, found);
      }
    }
    return sized;
  }

  /** Traces of the same ops number their values alike. */
  wiring(place: string, lists: readonly (readonly (GraphValue | null)[])[]): void {
    const read = lists.map((list) => list.map((value) => value?.id ?? "-").join());
    if (read.every((ids) => ids === read[0])) return;
    throw new GraphError(
      "trace",
      `${place} reads other values for other sizes of ${this.#names}`,
      "choose in the graph, with where or a slice, or give that dimension a fixed size",
    );
  }

  /** Shapes of values of equal meaning. */
  values(place: string, lists: readonly (readonly (GraphValue | null)[])[]): void {
    lists[0].forEach((value, i) => {
      if (value === null) return;
      const shapes = lists.map((list) => list[i]?.shape ?? []);
      if (shapes.some((shape) => shape.length !== value.shape.length))
        throw this.#noFit(`${place}: the rank`, shapes.map(formatShape));
      const sizes = value.shape.map((_, axis) =>
        this.#fit(
          `${place}: size ${axis} of its result`,
          shapes.map((shape) => shape[axis]),
        ),
      );
      if (sizes.some((size) => typeof size !== "number")) this.shapes.set(value, sizes);
    });
  }

  /** Numbers given by the host must not depend on a size. */
  constants(graphs: readonly Graph[]): void {
    const lists = graphs.map(({ constants }) => [...constants]);
    lists[0].forEach(([value, data], i) => {
      const same = lists.every((list) => {
        const other = list[i]?.[1];
        return other?.length === data.length && other.every((n, k) => Object.is(n, data[k]));
      });
      if (same) return;
      throw new GraphError(
        "trace",
        `a constant ${value.dtype} ${formatShape(value.shape)} depends on ${this.#names}`,
        "make it with zeros, ones, full or arange instead of from a list, or pass it as an input",
      );
    });
  }

  #fit(place: string, numbers: readonly number[]): Size {
    const size = fitSize(numbers, this.#traces);
    if (size !== null) return size;
    throw this.#noFit(place, numbers);
  }

  #noFit(place: string, found: readonly unknown[]): GraphError {
    const cases = this.#traces.map((sizes, i) => {
      const named = Object.entries(sizes).map(([name, size]) => `${name} = ${size}`);
      return `${String(found[i])} for ${named.join(", ")}`;
    });
    return new GraphError(
      "trace",
      `${place} is no sum of products of ${this.#names}: ${cases.slice(0, 3).join("; ")}`,
      "give that dimension a fixed size",
    );
  }

  #differentOps(lists: readonly (readonly GraphNode[])[], index: number): GraphError {
    const ops = [...new Set(lists.map((list) => list[index]?.op ?? "nothing"))];
    const counts = lists.map((list) => list.length);
    return new GraphError(
      "trace",
      `the function does other ops for other sizes of ${this.#names}: node ${index} is ${ops.join(" or ")} (${[...new Set(counts)].join(", ")} nodes)`,
      "loop over time with a layer, scan or scanSteps instead of JavaScript's for, or give that dimension a fixed size",
    );
  }
}
