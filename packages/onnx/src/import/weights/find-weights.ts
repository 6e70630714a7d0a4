import type { NodeProto, TensorProto } from "onnx-buf";
import type { Weight } from "../operand.js";
import { isDefaultDomain, type Model } from "../parse-model.js";
import { readTensor } from "../read-tensor.js";
import { linearPrefix, originalName } from "./names.js";
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
  const nodes = new Map<NodeProto, NodeWeights>();
  const taken = new Set<Source>();
  for (const node of model.graph.node) {
    const recurrent = planner.plan(node);
    if (recurrent) {
      nodes.set(node, { kind: "recurrent", directions: recurrent.directions });
      for (const source of recurrent.origins) taken.add(source);
    }
    const linear = linearWeight(sources, node, claim);
    if (linear) {
      nodes.set(node, { kind: "linear", weight: linear.weight });
      taken.add(linear.source);
    }
  }
  const tensors = new Map<TensorProto, Weight>();
  for (const source of sources.all) {
    if (taken.has(source) || !isHeld(sources, source)) continue;
    const constant = readTensor(source.proto, `tensor "${source.name}"`);
    if (constant.shape.length === 0 || (constant.type !== "float32" && constant.type !== "float64")) continue;
    tensors.set(source.proto, { ...constant, name: claim(originalName(source.name)) });
  }
  return { nodes, tensors };
}

/** Tensors of one number, as the exporter here names them: `float32_0_2x3`. */
const filledName = /^float(?:32|64)_-?[\w.+-]+$/;

/** Whether anything reads it as more than a setting. */
function isHeld(sources: Sources, { name, proto }: Source): boolean {
  if (proto.dims.length === 0 || filledName.test(name)) return false;
  const uses = sources.finalUses(name);
  return uses === null || uses.some((use) => !use.node || !isSetting(use.node, use.index));
}

/** The second matrix of a MatMul or Gemm as [out, in], where it is that node's alone and the names tell of a linear layer. */
function linearWeight(
  sources: Sources,
  node: NodeProto,
  claim: (name: string) => string,
): { weight: Weight; source: Source } | null {
  if ((node.opType !== "MatMul" && node.opType !== "Gemm") || !isDefaultDomain(node.domain)) return null;
  const derived = sources.derived(node.input[1] ?? "");
  if (derived?.origins.length !== 1 || derived.constant.shape.length !== 2) return null;
  const [source] = derived.origins;
  const uses = sources.finalUses(source.name);
  if (uses?.length !== 1 || uses[0].node !== node || uses[0].index !== 1) return null;
  const prefix = linearPrefix(node, source.name, biasName(sources, node));
  if (prefix === null) return null;
  const { shape, type, data } = derived.constant;
  if (type !== "float32" && type !== "float64") return null;
  const upright = node.opType === "Gemm" && node.attribute.some(({ name, i }) => name === "transB" && i !== 0n);
  const name = claim(`${prefix}.weight`);
  if (upright) return { weight: { name, shape, type, data }, source };
  const [rows, columns] = shape;
  const turned = data.slice();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
  return { weight: { name, shape: [columns, rows], type, data: turned }, source };
}

/** The name of the bias: Gemm's third input, or what is added to the product. */
function biasName(sources: Sources, node: NodeProto): string | null {
  if (node.opType === "Gemm") return node.input[2] ?? null;
  const [product] = node.output;
  const uses = sources.uses(product ?? "");
  const [add] = uses;
  if (uses.length !== 1 || add.node?.opType !== "Add") return null;
  const other = add.node.input[1 - add.index] ?? "";
  return sources.derived(other)?.constant.shape.length === 1 ? other : null;
}
