import type { NodeProto } from "onnx-buf";
import type { Weight } from "../operand.js";
import { isDefaultDomain } from "../parse-model.js";
import { linearName } from "./names.js";
import type { Source, Sources } from "./sources.js";

interface LinearWeight {
  readonly weight: Weight;
  readonly source: Source;
}

/** Takes the second matrices of MatMul and Gemm as [out, in], where names tell of a linear layer; one for nodes that share it. */
export class LinearWeights {
  readonly #sources: Sources;
  readonly #claim: (name: string) => string;
  readonly #outermost: ReadonlySet<NodeProto>;
  readonly #known = new Map<Source, LinearWeight | null>();

  /** `nodes`: those of the model's own graph. */
  constructor(sources: Sources, nodes: readonly NodeProto[], claim: (name: string) => string) {
    this.#sources = sources;
    this.#claim = claim;
    this.#outermost = new Set(nodes);
  }

  /** The weight of a node and the tensor that it is made of; null where others read it otherwise, or nothing tells its name. */
  plan(node: NodeProto): LinearWeight | null {
    if (!isProduct(node)) return null;
    const derived = this.#sources.derived(node.input[1] ?? "");
    if (derived?.origins.length !== 1 || derived.constant.shape.length !== 2) return null;
    const [source] = derived.origins;
    let known = this.#known.get(source);
    if (known === undefined) {
      known = this.#find(node, source);
      this.#known.set(source, known);
    }
    return known;
  }

  #find(node: NodeProto, source: Source): LinearWeight | null {
    const uses = this.#sources.productUses(source.name);
    const alike = uses?.every(
      (use) =>
        use.node &&
        this.#outermost.has(use.node) &&
        use.index === 1 &&
        isProduct(use.node) &&
        use.node.input[1] === node.input[1] &&
        isUpright(use.node) === isUpright(node),
    );
    const constant = this.#sources.derived(node.input[1])?.constant;
    const name = linearName(node, source.name, this.#biasName(node));
    if (!alike || !constant || name === null) return null;
    const { shape, type, data } = constant;
    if (type !== "float32" && type !== "float64") return null;
    if (isUpright(node)) return { weight: { name: this.#claim(name), shape, type, data }, source };
    const [rows, columns] = shape;
    const turned = data.slice();
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
    return { weight: { name: this.#claim(name), shape: [columns, rows], type, data: turned }, source };
  }

  /** The name of the bias: Gemm's third input, or what is added to the product. */
  #biasName(node: NodeProto): string | null {
    if (node.opType === "Gemm") return node.input[2] ?? null;
    const [product] = node.output;
    const uses = this.#sources.uses(product ?? "");
    const [add] = uses;
    if (uses.length !== 1 || add.node?.opType !== "Add") return null;
    const other = add.node.input[1 - add.index] ?? "";
    return this.#sources.derived(other)?.constant.shape.length === 1 ? other : null;
  }
}

function isProduct({ opType, domain }: NodeProto): boolean {
  return (opType === "MatMul" || opType === "Gemm") && isDefaultDomain(domain);
}

/** Whether the matrix stands as [out, in] already. */
function isUpright({ opType, attribute }: NodeProto): boolean {
  return opType === "Gemm" && attribute.some(({ name, i }) => name === "transB" && i !== 0n);
}
