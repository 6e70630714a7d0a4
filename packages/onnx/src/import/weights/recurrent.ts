import type { NodeProto } from "onnx-buf";
import type { HostConstant, Weight } from "../operand.js";
import { isDefaultDomain } from "../parse-model.js";
import { gateOrders, isRecurrent } from "./gates.js";
import { recurrentName } from "./names.js";
import type { RecurrentWeights } from "./plan.js";
import type { Derived, Source, Sources } from "./sources.js";

/** The weights of a recurrent node, still in ONNX's layout. */
interface Stacked {
  readonly w: Derived;
  readonly r: Derived;
  readonly bias: Derived | null;
}

/** Takes recurrent nodes in the order of the file; those that share their weights get the same ones. */
export class RecurrentPlanner {
  readonly #sources: Sources;
  readonly #producers: ReadonlyMap<string, NodeProto>;
  readonly #claim: (name: string) => string;
  readonly #bySignature = new Map<string, readonly RecurrentWeights[]>();
  readonly #layers = new Map<NodeProto, { prefix: string; layer: number; root: string }>();
  readonly #taken = new Set<string>();
  readonly #ids = new Map<HostConstant, number>();

  constructor(sources: Sources, producers: ReadonlyMap<string, NodeProto>, claim: (name: string) => string) {
    this.#sources = sources;
    this.#producers = producers;
    this.#claim = claim;
  }

  /** The weights of a node and the tensors that they are made of; null where they are not its own. */
  plan(node: NodeProto): { directions: readonly RecurrentWeights[]; origins: readonly Source[] } | null {
    if (!isRecurrent(node.opType) || !isDefaultDomain(node.domain)) return null;
    const stacked = this.#stacked(node);
    if (!stacked) return null;
    const origins = [stacked.w, stacked.r, stacked.bias].flatMap((part) => part?.origins ?? []);
    const signature = this.#signature(node);
    const own = origins.every(({ name }) =>
      this.#sources
        .finalUses(name)
        ?.every((use) => use.node && use.index >= 1 && use.index <= 3 && this.#signature(use.node) === signature),
    );
    if (!own) return null;
    const known = this.#bySignature.get(signature);
    if (known) return { directions: known, origins };
    const directions = this.#name(node, stacked, origins);
    this.#bySignature.set(signature, directions);
    return { directions, origins };
  }

  /** Nodes of one signature compute the same with the same weights. */
  #signature(node: NodeProto): string {
    const ids = node.input.slice(1, 4).map((name) => {
      const constant = this.#sources.derived(name)?.constant;
      if (!constant) return name;
      const id = this.#ids.get(constant) ?? this.#ids.size;
      this.#ids.set(constant, id);
      return id;
    });
    return JSON.stringify([node.opType, ids, directionOf(node)]);
  }

  /** W [D, G*H, I], R [D, G*H, H], B [D, 2*G*H], where they are that and floats of one type. */
  #stacked(node: NodeProto): Stacked | null {
    const [w, r] = [1, 2].map((i) => this.#sources.derived(node.input[i] ?? ""));
    const named = node.input[3] ?? "";
    const bias = named === "" ? null : this.#sources.derived(named);
    if (!w || !r || bias === undefined) return null;
    const gates = gateOrders[node.opType as keyof typeof gateOrders].length;
    const directions = directionOf(node) === "bidirectional" ? 2 : 1;
    const [ws, rs, bs] = [w, r, bias].map((part) => part?.constant.shape ?? []);
    const hidden = rs[2];
    const fits =
      ws.length === 3 &&
      rs.length === 3 &&
      ws[0] === directions &&
      rs[0] === directions &&
      ws[1] === gates * hidden &&
      rs[1] === gates * hidden &&
      (bias === null || (bs.length === 2 && bs[0] === directions && bs[1] === 2 * gates * hidden));
    const { type } = w.constant;
    const floats = type === "float32" || type === "float64";
    const alike = r.constant.type === type && (bias === null || bias.constant.type === type);
    return fits && floats && alike ? { w, r, bias } : null;
  }

  #name(node: NodeProto, { w, r, bias }: Stacked, origins: readonly Source[]): readonly RecurrentWeights[] {
    const order = gateOrders[node.opType as keyof typeof gateOrders];
    const { prefix, layer, reversed } = this.#place(node, origins);
    const rows = order.length * r.constant.shape[2];
    return Array.from({ length: w.constant.shape[0] }, (_, d): RecurrentWeights => {
      const suffix = `_l${layer}${d === 1 || reversed ? "_reverse" : ""}`;
      const make = (name: string, { shape, type, data }: HostConstant, from: number): Weight => {
        const rest = shape.length === 3 ? [shape[2]] : [];
        const width = rest[0] ?? 1;
        const start = d * (data.length / shape[0]) + from * width;
        const block = (rows / order.length) * width;
        const picked = data.slice(start, start + rows * width);
        order.forEach((gate, i) => {
          picked.set(data.subarray(start + gate * block, start + (gate + 1) * block), i * block);
        });
        const full = prefix === "" ? name + suffix : `${prefix}.${name}${suffix}`;
        return { name: this.#claim(full), shape: [rows, ...rest], type, data: picked };
      };
      return {
        wIh: make("weight_ih", w.constant, 0),
        wHh: make("weight_hh", r.constant, 0),
        bIh: bias && make("bias_ih", bias.constant, 0),
        bHh: bias && make("bias_hh", bias.constant, rows),
      };
    });
  }

  /** Where a node stands in a stack: behind one that feeds it, or beside one that reads the same the other way. */
  #place(node: NodeProto, origins: readonly Source[]): { prefix: string; layer: number; reversed: boolean } {
    const named = recurrentName(
      node,
      origins.map(({ name }) => name),
    );
    const root = this.#rootOf(node.input[0] ?? "");
    const backwards = directionOf(node) === "reverse";
    if (backwards)
      for (const [other, at] of this.#layers)
        if (
          at.root === root &&
          sameBranch(at.prefix, named.prefix) &&
          other.opType === node.opType &&
          directionOf(other) === "forward"
        ) {
          const key = `${at.prefix} ${at.layer} reverse`;
          if (this.#taken.has(key)) continue;
          this.#taken.add(key);
          this.#layers.set(node, at);
          return { ...at, reversed: true };
        }
    const below = this.#producers.get(root);
    const feeds = below && this.#layers.get(below);
    const follows = feeds && below.opType === node.opType && sameBranch(feeds.prefix, named.prefix);
    const layer = named.layer ?? (follows ? feeds.layer + 1 : 0);
    const wanted = follows ? feeds.prefix : named.prefix;
    let prefix = wanted;
    for (let i = 1; this.#taken.has(`${prefix} ${layer}`); i++) prefix = `${wanted}_${i}`;
    this.#taken.add(`${prefix} ${layer}`);
    this.#layers.set(node, { prefix, layer, root });
    return { prefix, layer, reversed: false };
  }

  /** The tensor that comes to X past nodes that only move or join it. */
  #rootOf(name: string): string {
    let at = name;
    for (let steps = 0; steps < 64; steps++) {
      const producer = this.#producers.get(at);
      if (!producer || !glue.has(producer.opType)) return at;
      at = producer.input[0] ?? "";
    }
    return at;
  }
}

const glue = new Set(["Identity", "Squeeze", "Unsqueeze", "Transpose", "Reshape", "Dropout", "Concat", "Slice"]);

/** `lstm` and `lstm_1` where the number came from here. */
function sameBranch(claimed: string, named: string): boolean {
  return claimed === named || (claimed.startsWith(`${named}_`) && /^_\d+$/.test(claimed.slice(named.length)));
}

function directionOf(node: NodeProto): string {
  const attribute = node.attribute.find(({ name }) => name === "direction");
  return attribute ? new TextDecoder().decode(attribute.s) : "forward";
}
