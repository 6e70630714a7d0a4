import type { NodeProto, TensorProto } from "onnx-buf";
import type { Weight } from "../operand.js";
import type { Model } from "../parse-model.js";
import { readTensor } from "../read-tensor.js";
import { FoldedTensors } from "./folded.js";
import { LinearWeights } from "./linear.js";
import { originalName } from "./names.js";
import type { NodeWeights, WeightPlan } from "./plan.js";
import { RecurrentPlanner } from "./recurrent.js";
import { isSetting } from "./settings.js";
import { type Source, Sources } from "./sources.js";

/**
 * What of a file a module holds: each float tensor with at least one axis, unless all that reads it takes it as a setting
 * (`isSetting`). The weights of recurrent nodes are held in the op table's layout under PyTorch's names, those of linear
 * layers as [out, in] where the names tell; the others as they stand in the file.
 */
export function findWeights(model: Model): WeightPlan {
  const sources = new Sources(model);
  const names = new Set<string>();
  const claim = (wanted: string): string => {
    let name = wanted;
    for (let i = 1; names.has(name); i++) name = `${wanted}_${i}`;
    names.add(name);
    return name;
  };
  const producers = new Map<string, NodeProto>();
  for (const node of model.graph.node) for (const name of node.output) if (name !== "") producers.set(name, node);
  const planner = new RecurrentPlanner(sources, producers, claim);
  const linears = new LinearWeights(sources, model.graph.node, claim);
  const nodes = new Map<NodeProto, NodeWeights>();
  const taken = new Set<Source>();
  for (const node of model.graph.node) {
    const recurrent = planner.plan(node);
    if (recurrent) {
      nodes.set(node, { kind: "recurrent", directions: recurrent.directions });
      for (const source of recurrent.origins) taken.add(source);
    }
    const linear = linears.plan(node);
    if (linear) {
      nodes.set(node, { kind: "linear", weight: linear.weight });
      taken.add(linear.source);
    }
  }
  const folded = new FoldedTensors(sources);
  const tensors = new Map<TensorProto, Weight>();
  const repeated = new Map<TensorProto, Source>();
  for (const source of sources.all) {
    if (taken.has(source) || !isHeld(model, sources, source)) continue;
    const constant = readTensor(source.proto, `tensor "${source.name}"`);
    if (constant.shape.length === 0 || (constant.type !== "float32" && constant.type !== "float64")) continue;
    const known = folded.find(source);
    if (known?.bias) repeated.set(source.proto, known.bias);
    if (!known) tensors.set(source.proto, { ...constant, name: claim(originalName(source.name)) });
  }
  const repeats = new Map<TensorProto, Weight>();
  for (const [proto, { proto: bias }] of repeated) {
    const weight = tensors.get(bias);
    if (weight) repeats.set(proto, weight);
  }
  return { nodes, tensors, repeats };
}

/** Tensors of one number, as the exporter here names them: `float32_0_2x3`. */
const filledName = /^float(?:32|64)_-?[\w.+-]+$/;

/** Whether anything reads it as more than a setting. PyTorch's exporters write what it learns as initialisers only. */
function isHeld(model: Model, sources: Sources, { name, proto, isNode }: Source): boolean {
  if (proto.dims.length === 0 || filledName.test(name) || (isNode && model.producer === "pytorch")) return false;
  const uses = sources.restingUses(name);
  return uses === null || uses.some((use) => !use.node || !isSetting(use.node, use.index));
}
