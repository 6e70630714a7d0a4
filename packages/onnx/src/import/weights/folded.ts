import type { NodeProto } from "onnx-buf";
import { readTensor } from "../read-tensor.js";
import { isInRecurrentModule } from "./names.js";
import type { Source, Sources } from "./sources.js";

/** How PyTorch's newer exporter names what it computed ahead of the run, after the call. */
const productName = /^(?:linear|addmm)(?:_\d+)?$/;
/** Its tensors of one number, and those that have no name in a model exported here. */
const fillName = /^(?:(?:new_)?(?:zeros|ones|full)|(?:zeros|ones|full)_like|constant)(?:_\d+)?$/;
const hiddenBias = /(?:^|\.)bias_hh(?:_l\d{1,4}(?:_reverse)?)?$/;
/** The bias of the next step is looked for behind this many nodes. */
const mostNodes = 256;

/** What a tensor was computed from: a bias that it repeats, or nothing that is learned. */
export interface Folded {
  readonly bias: Source | null;
}

/**
 * Finds what PyTorch's newer exporter computed ahead of the run where it unrolls a recurrence over a fixed number of steps: the
 * first step's `linear(h0, weight_hh, bias_hh)`, which for a state of zeros is the bias in every row, and the zeros themselves.
 */
export class FoldedTensors {
  readonly #sources: Sources;
  readonly #biases: ReadonlyMap<string, Source>;

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#biases = new Map(
      sources.all
        .filter(({ name, proto }) => proto.dims.length === 1 && hiddenBias.test(name))
        .map((source) => [source.name, source]),
    );
  }

  /** Null for a tensor that was not computed so. */
  find(source: Source): Folded | null {
    const { name, proto, isNode } = source;
    const uses = this.#sources.uses(name);
    const isMatrix = uses.some(
      ({ node, index }) => index === 1 && (node?.opType === "MatMul" || node?.opType === "Gemm"),
    );
    if (isNode || isMatrix || !(productName.test(name) || fillName.test(name))) return null;
    const { shape, data } = readTensor(proto, `tensor "${name}"`);
    if (shape.length < 2) return null;
    if (fillName.test(name)) return data.every((value) => value === data[0]) ? { bias: null } : null;
    const width = shape[shape.length - 1];
    const bias = this.#nextBias(name, width);
    if (bias) {
      const row = readTensor(bias.proto, `tensor "${bias.name}"`).data;
      return { bias: data.every((value, i) => value === row[i % width]) ? bias : null };
    }
    const within = uses.some(({ node }) => node && isInRecurrentModule(node));
    return within || data.every((value) => value === 0) ? { bias: null } : null;
  }

  /** The hidden bias that what follows a tensor reads first. */
  #nextBias(name: string, width: number): Source | null {
    const seen = new Set<NodeProto>();
    const open = [name];
    for (const at of open) {
      for (const { node } of this.#sources.uses(at)) {
        if (!node || seen.has(node)) continue;
        if (seen.size === mostNodes) return null;
        seen.add(node);
        for (const input of node.input) {
          const bias = this.#biases.get(input);
          if (bias && Number(bias.proto.dims[0]) === width) return bias;
        }
        open.push(...node.output.filter((output) => output !== ""));
      }
    }
    return null;
  }
}
