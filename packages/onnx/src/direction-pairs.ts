import { type Graph, type GraphNode, type GraphValue, type OpNode, sameShape } from "@unrolled/backend";
import type { SequenceOp } from "./lowerings/sequences.js";

type SequenceNode = OpNode<SequenceOp>;

const sequenceOps: ReadonlySet<string> = new Set<SequenceOp>(["rnnSequence", "lstmSequence", "gruSequence"]);

/** A sequence that one node of a file can say: projections are Scans. */
function isSequence(node: GraphNode): node is SequenceNode {
  return node.kind === "op" && sequenceOps.has(node.op) && !(node.op === "lstmSequence" && node.inputs[8]);
}

/** Where the inputs of a sequence op lie behind x and the states: weights, biases, lengths. */
function trailing({ op, inputs }: SequenceNode): readonly (GraphValue | null)[] {
  const first = op === "lstmSequence" ? 3 : 2;
  return inputs.slice(first, first + 5);
}

function areDirections(a: SequenceNode, b: SequenceNode): boolean {
  if (a.op !== b.op || a.inputs[0] !== b.inputs[0] || a.attrs.reverse === b.attrs.reverse) return false;
  const rest = ({ attrs }: SequenceNode): string => JSON.stringify({ ...attrs, reverse: null });
  const [weights, others] = [trailing(a), trailing(b)];
  if (rest(a) !== rest(b) || weights[4] !== others[4]) return false;
  return [0, 1].every((i) => sameShape(weights[i]?.shape ?? [], others[i]?.shape ?? []));
}

/** Every value that a node reads, those inside of a scan's body included. */
function readsOf(node: GraphNode): (GraphValue | null)[] {
  const forward = node.kind === "backward" ? [...node.forward.inputs, ...node.forward.outputs] : [];
  const body =
    node.kind === "scan" ? [...node.body.nodes.flatMap(readsOf), ...node.body.nextStates, ...node.body.results] : [];
  return [...node.inputs, ...forward, ...body];
}

/**
 * Sequences that read the same x and lengths, one forward and one in reverse, so that one node can say both: the later of each two,
 * with the earlier. Nothing between them reads the earlier one's results.
 */
export function directionPairs(nodes: Graph["nodes"]): ReadonlyMap<SequenceNode, SequenceNode> {
  const trained = new Set<GraphNode>(nodes.flatMap((node) => (node.kind === "backward" ? [node.forward] : [])));
  const pairs = new Map<SequenceNode, SequenceNode>();
  let waiting: SequenceNode[] = [];
  for (const node of nodes) {
    const read = new Set(readsOf(node));
    waiting = waiting.filter(({ outputs }) => !outputs.some((value) => value !== null && read.has(value)));
    if (!isSequence(node) || trained.has(node)) continue;
    const other = waiting.find((earlier) => areDirections(earlier, node));
    if (other) {
      pairs.set(node, other);
      waiting = waiting.filter((earlier) => earlier !== other);
    } else waiting.push(node);
  }
  return pairs;
}
