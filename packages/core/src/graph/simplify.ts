import type { Backend, Graph } from "@unrolled/backend";
import { removeDeadCode } from "./simplify/dead-code.js";
import { mergeEqualNodes } from "./simplify/equal-nodes.js";
import { foldConstants } from "./simplify/fold-constants.js";
import { readLastStates } from "./simplify/last-step.js";

/**
 * The same graph with less to do: equal nodes merged, constants computed (with a backend that can be read at once), and
 * whatever nothing depends on left out, inside of scans too. What depends on a named size stays a node. Where only the last step of a
 * sequence's outputs is taken, the last hidden state is read instead, and no gradient runs through the others.
 *
 * @example
 * console.log(graphToText(simplifyGraph(graph, cpu())));
 */
export function simplifyGraph(graph: Graph, backend?: Backend): Graph {
  const merged = mergeEqualNodes(graph);
  const folded = backend ? mergeEqualNodes(foldConstants(merged, backend)) : merged;
  return removeDeadCode(readLastStates(folded));
}
