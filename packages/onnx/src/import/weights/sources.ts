import type { GraphProto, NodeProto, TensorProto } from "onnx-buf";
import { Assembler } from "../assembler.js";
import { budgetOf, fileMisfit } from "../build-graph.js";
import { Names, NodeImporter, outermost } from "../import-nodes.js";
import type { HostConstant } from "../operand.js";
import { isDefaultDomain, type Model } from "../parse-model.js";
import { readTensor } from "../read-tensor.js";
import { noWeights } from "./plan.js";

/** A tensor that the file holds. */
export interface Source {
  readonly name: string;
  readonly proto: TensorProto;
  /** Whether a Constant node holds it, and not an initialiser. */
  readonly isNode: boolean;
}

/** Where a tensor goes: an input of a node, or an output of the graph. */
export interface Use {
  readonly node: NodeProto | null;
  readonly index: number;
}

/** What nodes that only move elements make of the file's tensors, before any input is known. */
export interface Derived {
  readonly constant: HostConstant;
  readonly origins: readonly Source[];
}

const movements = new Set([
  "Identity",
  "Transpose",
  "Reshape",
  "Slice",
  "Concat",
  "Squeeze",
  "Unsqueeze",
  "Gather",
  "Flatten",
  "Split",
  "Cast",
]);
const repeats = ({ opType }: NodeProto): boolean => opType === "Expand";
/** A tensor out of more tensors than this is not taken apart into weights. */
const mostOrigins = 8;
/** Uses are followed through this many nodes, those of one product's matrix through more: it may be unrolled over time. */
const mostSteps = 64;
const mostProducts = 4096;
const deepest = 16;

/** The tensors of a file, what is made of them, and where they go. */
export class Sources {
  readonly all: readonly Source[];
  readonly #uses = new Map<string, Use[]>();
  readonly #derived = new Map<string, Derived>();
  readonly #folded = new Set<NodeProto>();

  constructor(model: Model) {
    const all: Source[] = [];
    this.#walk(model.graph, all, 0);
    this.all = all;
    this.#fold(model);
  }

  derived(name: string): Derived | undefined {
    return this.#derived.get(name);
  }

  uses(name: string): readonly Use[] {
    return this.#uses.get(name) ?? [];
  }

  /** Where a tensor is used in the end, past nodes that only move it; null where that is too much to follow. */
  finalUses(name: string): readonly Use[] | null {
    return this.#follow(name, mostSteps, ({ node }) => node !== null && this.#folded.has(node));
  }

  /** The same for a matrix that many products read. */
  productUses(name: string): readonly Use[] | null {
    return this.#follow(name, mostProducts, ({ node }) => node !== null && this.#folded.has(node));
  }

  /** The same past nodes too that move or repeat it into a shape known only at the run. */
  restingUses(name: string): readonly Use[] | null {
    return this.#follow(name, mostSteps, ({ node, index }) => {
      if (!node) return false;
      const carried = node.opType === "Concat" || (index === 0 && (movements.has(node.opType) || repeats(node)));
      return this.#folded.has(node) || (carried && isDefaultDomain(node.domain));
    });
  }

  #follow(name: string, most: number, passes: (use: Use) => boolean): readonly Use[] | null {
    const found: Use[] = [];
    const open = [name];
    const seen = new Set(open);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const use of this.uses(at)) {
        if (!use.node || !passes(use)) found.push(use);
        else
          for (const output of use.node.output) {
            if (output === "" || seen.has(output)) continue;
            seen.add(output);
            open.push(output);
          }
        if (seen.size + found.length > most) return null;
      }
    }
    return found;
  }

  #walk(graph: GraphProto, all: Source[], depth: number): void {
    if (depth > deepest) return;
    for (const proto of graph.initializer) all.push({ name: proto.name, proto, isNode: false });
    for (const node of graph.node) {
      node.input.forEach((name, index) => {
        this.#use(name, { node, index });
      });
      for (const { name, t, g } of node.attribute) {
        if (g) this.#walk(g, all, depth + 1);
        if (
          t &&
          name === "value" &&
          node.opType === "Constant" &&
          isDefaultDomain(node.domain) &&
          node.output.length > 0
        )
          all.push({ name: node.output[0], proto: t, isNode: true });
      }
    }
    for (const { name } of graph.output) this.#use(name, { node: null, index: 0 });
  }

  #use(name: string, use: Use): void {
    if (name === "") return;
    const known = this.#uses.get(name);
    if (known) known.push(use);
    else this.#uses.set(name, [use]);
  }

  #fold(model: Model): void {
    const { graph, opset } = model;
    const b = new Assembler(budgetOf(model));
    const importer = new NodeImporter(b, opset, noWeights, fileMisfit);
    const names = new Names();
    const sources = new Map(this.all.map((source) => [source.proto, source]));
    const hold = (name: string, proto: TensorProto, where: string): void => {
      const constant = readTensor(proto, where);
      const source = sources.get(proto);
      names.set(name, b.constant(constant));
      if (source) this.#derived.set(name, { constant, origins: constant.type.startsWith("float") ? [source] : [] });
    };
    for (const proto of graph.initializer) hold(proto.name, proto, `initialiser "${proto.name}"`);
    for (const node of graph.node) {
      const value = node.attribute.find(({ name }) => name === "value")?.t;
      if (node.opType === "Constant" && value && node.output.length > 0) {
        hold(node.output[0], value, `node "${node.name}" (Constant)`);
        continue;
      }
      if (!movements.has(node.opType) || node.input.some((name) => name !== "" && !names.get(name)?.constant)) continue;
      const outputs = importer.attempt(node, `node "${node.name}" (${node.opType})`, names, outermost);
      if (!outputs.some((operand) => operand?.constant)) continue;
      this.#folded.add(node);
      const inputs = node.input.filter((name) => name !== "");
      const known = inputs.every((name) => this.#derived.has(name));
      const origins = [...new Set(inputs.flatMap((name) => this.#derived.get(name)?.origins ?? []))];
      node.output.forEach((name, i) => {
        const operand = outputs[i];
        if (name === "" || !operand?.constant) return;
        names.set(name, operand);
        if (known && origins.length <= mostOrigins) this.#derived.set(name, { constant: operand.constant, origins });
      });
    }
  }
}
