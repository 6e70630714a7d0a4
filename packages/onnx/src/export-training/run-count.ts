import { type Graph, type GraphBinding, GraphError, type GraphNode, type GraphValue } from "@unrolled/backend";
import { type HostInput, type Tensor, trace } from "@unrolled/core";

type Rule = HostInput & Required<Pick<HostInput, "fromStep" | "rate">>;

const hasRule = (input: HostInput): input is Rule => input.fromStep !== undefined && input.rate !== undefined;

/** A graph that counts its runs, and what it leaves to its caller. */
export interface CountingGraph {
  readonly graph: Graph;
  /** Learning rates: inputs of the graph, with their values now. */
  readonly rates: readonly { readonly name: string; readonly value: GraphValue; readonly now: number }[];
  readonly masks: readonly HostInput[];
}

/**
 * A traced step in which the host computes nothing any more: numbers that follow from the number of the run are computed in the graph,
 * from a count in its state. Rates and dropout masks stay inputs.
 */
export async function countRuns(
  graph: Graph,
  hostInputs: readonly HostInput[],
  countName: string,
): Promise<CountingGraph> {
  const ruled = hostInputs.filter(hasRule);
  const rateNames = new Map(ruled.map(({ rate }) => [rate.name, rate.now]));
  const masks = hostInputs.filter(({ bernoulli }) => bernoulli !== undefined);
  const known = new Set<string>([...ruled, ...masks].map(({ name }) => name));
  const rates = hostInputs.filter(({ name }) => !known.has(name) && isRate(name));
  const unknown = hostInputs.filter((input) => !known.has(input.name) && !rates.includes(input));
  if (unknown.length > 0) {
    throw new GraphError(
      "exportTraining",
      `only this program knows how to make ${unknown.map(({ name }) => name).join(", ")}`,
      "pass them as inputs of the step, or give hostInput a rule (fromStep)",
    );
  }
  const rateValues = rates.map(({ name, value, make }) => ({ name, value, now: Number(make([])) }));
  const dropped = new Set(ruled.map(({ name }) => name));
  const inputs = graph.inputs.filter(({ name }) => !dropped.has(name));
  if (ruled.length === 0) return { graph: { ...graph, inputs }, rates: rateValues, masks };

  const parts = await ruleGraph(ruled, rateNames);
  const [count] = parts.inputs;
  const [counted, ...numbers] = parts.outputs;
  const given = new Map<string, GraphValue>(inputs.map(({ name, value }) => [name, value]));
  const added: GraphBinding[] = [];
  const by = new Map<GraphValue, GraphValue>();
  for (const { name, value } of parts.inputs.slice(1)) {
    const outer = given.get(name);
    if (outer) by.set(value, outer);
    else {
      added.push({ name, value });
      rateValues.push({ name, value, now: rateNames.get(name)?.() ?? 0 });
    }
  }
  // The rules' results take the places of the inputs that the host filled.
  numbers.forEach(({ value }, i) => {
    by.set(value, ruled[i].value);
  });
  return {
    graph: {
      ...graph,
      inputs: [...inputs, ...added],
      state: [
        ...graph.state,
        { name: countName, input: count.value, output: counted.value, initial: new Float64Array(1) },
      ],
      constants: new Map([...graph.constants, ...parts.constants]),
      nodes: [...parts.nodes.map((node) => renamed(node, by)), ...graph.nodes],
    },
    rates: rateValues,
    masks,
  };
}

const countInput = "count of runs";

const isRate = (name: string): boolean => /(^|\.)lr(_|$)/.test(name);

/** The rules as one graph: the count of runs and the rates in; the count with this run, and the numbers, out. */
function ruleGraph(ruled: readonly Rule[], rates: ReadonlyMap<string, unknown>): Promise<Graph> {
  const specs = Object.fromEntries([...rates.keys()].map((name) => [name, { shape: [], dtype: "float32" as const }]));
  return trace(
    (given: Readonly<Record<string, Tensor>>) => {
      const run = given[countInput].add(1);
      const results = ruled.map(({ name, fromStep, rate, value }): [string, Tensor] => {
        const number = fromStep(run, given[rate.name].cast("float64")).cast(value.dtype);
        return [`number ${name}`, number.reshape([...value.shape])];
      });
      return { [countInput]: run, ...Object.fromEntries(results) };
    },
    { [countInput]: { shape: [], dtype: "float64" as const }, ...specs },
    { name: "rules" },
  );
}

function renamed(node: GraphNode, by: ReadonlyMap<GraphValue, GraphValue>): GraphNode {
  const replace = (value: GraphValue | null): GraphValue | null => (value ? (by.get(value) ?? value) : null);
  return { ...node, inputs: node.inputs.map(replace), outputs: node.outputs.map(replace) } as GraphNode;
}
