import { ArgumentError, DTypeError, type Graph, type GraphNode, type GraphValue } from "@unrolled/backend";
import { type InputSpec, namedMetas } from "../graph/dims/input-specs.js";
import type { NamedTensors, TensorRecord } from "../graph/trace.js";
import { Tensor } from "../tensor.js";

/** What `state` or `constants` names, as a list. */
export function sourcesOf(
  op: string,
  option: "state" | "constants",
  given: NamedTensors | readonly NamedTensors[] | undefined,
): readonly NamedTensors[] {
  const list: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given];
  for (const source of list) {
    if (typeof (source as Partial<NamedTensors> | null)?.namedTensors === "function") continue;
    throw new ArgumentError(
      op,
      `${option} has ${source === null ? "null" : `a ${typeof source}`} in it, which names no tensors`,
      "give modules and optimisers: { state: [model, optimizer] }",
    );
  }
  return list as readonly NamedTensors[];
}

/** What a step returned, outputs by name; `sole` names a tensor that stands alone. */
export function outputsOf(result: unknown, sole: string): TensorRecord {
  if (result instanceof Tensor) return { [sole]: result };
  const record = typeof result === "object" && result !== null && !Array.isArray(result) ? result : {};
  const values: readonly unknown[] = Object.values(record);
  if (values.length > 0 && values.every((value) => value instanceof Tensor)) return record as TensorRecord;
  throw new ArgumentError(
    "compile",
    "the step returned neither a tensor nor a record of tensors",
    "return the loss, or several outputs by name: { loss, prediction }",
  );
}

/** The batches of an epoch, each a list of inputs. */
export function batchesOf<A extends readonly Tensor[]>(batches: Iterable<A>): A[] {
  const remedy = "give an array or a synchronous iterable of lists: [[x, y], [x, y]]";
  if (typeof (batches as Partial<Iterable<A>> | null | undefined)?.[Symbol.iterator] !== "function") {
    throw new ArgumentError("epoch", "the batches are not iterable", remedy);
  }
  const list = [...batches];
  if (!list.every((inputs) => Array.isArray(inputs))) {
    throw new ArgumentError("epoch", "a batch is no list of inputs", remedy);
  }
  return list;
}

/** Refuses inputs of other dtypes than `inputs` says, where a shape alone says float32, before the step meets them in a trace. */
export function requireDeclaredDTypes(
  specs: Readonly<Record<string, InputSpec>>,
  names: readonly string[],
  given: readonly Tensor[],
): void {
  const declared = namedMetas("compile", specs);
  names.forEach((name, i) => {
    const { shape, dtype } = declared[name];
    const got = given[i].dtype;
    if (got === dtype) return;
    throw new DTypeError(
      "run",
      `input ${name} is ${got}, and inputs says ${dtype}${Array.isArray(specs[name]) ? ", as a shape alone does" : ""}`,
      `compile with inputs: { ${name}: { shape: ${JSON.stringify(shape)}, dtype: "${got}" } }, or cast it`,
    );
  });
}

/** Refuses inputs past the step's own parameters that the step does not read. */
export function refuseIgnoredInputs(graph: Graph, names: readonly string[], parameters: number): void {
  const values = new Map(graph.inputs.map(({ name, value }) => [name, value]));
  for (let i = parameters; i < names.length; i++) {
    const value = values.get(names[i]);
    if (value !== undefined && reads(graph, value)) continue;
    throw new ArgumentError("run", `the step does not read input ${i + 1} of ${names.length}`, "leave it out");
  }
}

function reads({ nodes, outputs }: Graph, value: GraphValue): boolean {
  return nodesRead(nodes, value) || outputs.some((output) => output.value === value);
}

function nodesRead(nodes: readonly GraphNode[], value: GraphValue): boolean {
  return nodes.some(
    (node) => node.inputs.includes(value) || (node.kind === "scan" && nodesRead(node.body.nodes, value)),
  );
}
