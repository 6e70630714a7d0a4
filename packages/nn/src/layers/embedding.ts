import { ArgumentError, formatShape, requireKnownOptions, ShapeError, sameShape } from "@unrolled/backend";
import {
  arange,
  type CreateOptions,
  describeValue,
  equal,
  isGradEnabled,
  noGrad,
  scope,
  type Tensor,
  unsqueeze,
  where,
  zeros,
} from "@unrolled/core";
import { pickRows, requireIndices } from "../indices.js";
import { type InitOptions, normal_ } from "../init.js";
import { Module } from "../module.js";
import { Parameter } from "../parameter.js";
import { requireTensor } from "../require-tensor.js";

/** Options of `Embedding`. */
export interface EmbeddingOptions extends InitOptions, Pick<CreateOptions, "dtype" | "backend"> {
  /** The row of padding: zero at the start, and never given a gradient. Negative counts from the end. Default: none. */
  readonly paddingIdx?: number | undefined;
  /**
   * Start from these numbers [numEmbeddings, embeddingDim], padding row included, where they live and in their dtype,
   * instead of random ones.
   */
  readonly weight?: Tensor;
}

/** Options of `Embedding.fromPretrained`. */
export interface PretrainedOptions {
  /** Do not learn the rows. Default true. */
  readonly freeze?: boolean;
  /** The row that is given no gradient; it is not zeroed. Negative counts from the end. Default: none. */
  readonly paddingIdx?: number | undefined;
}

/**
 * Rows of a table picked by int32 indices: `[...]` -> `[..., embeddingDim]`, as torch.nn.Embedding.
 * Weight [numEmbeddings, embeddingDim] starts normal with mean 0 and standard deviation 1.
 *
 * @example
 * new Embedding(100, 8).forward(tensor([[3, 14, 15]], { dtype: "int32" })); // [1, 3, 8]
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly weight: Parameter;

  /** @throws ArgumentError for sizes below 1 and a paddingIdx that is no row */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    requireKnownOptions("Embedding", options, ["paddingIdx", "weight", "generator", "dtype", "backend"]);
    for (const size of [numEmbeddings, embeddingDim]) {
      if (!Number.isInteger(size) || size < 1)
        throw new ArgumentError("Embedding", `size ${describeValue(size)}`, "use positive integers");
    }
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingRow(options.paddingIdx, numEmbeddings);
    this.weight = options.weight
      ? adopt(options.weight, [numEmbeddings, embeddingDim], options)
      : drawRows([numEmbeddings, embeddingDim], this.paddingIdx, options);
  }

  /**
   * An embedding of known vectors [numEmbeddings, embeddingDim], frozen unless `freeze: false`, as
   * torch.nn.Embedding.from_pretrained.
   *
   * @throws ShapeError unless the weight is [numEmbeddings, embeddingDim]
   * @example
   * Embedding.fromPretrained(tensor([[1, 0], [0, 1]])).forward(tensor([1], { dtype: "int32" })); // [[0, 1]]
   */
  static fromPretrained(weight: Tensor, options: PretrainedOptions = {}): Embedding {
    requireKnownOptions("Embedding.fromPretrained", options, ["freeze", "paddingIdx"]);
    requireTensor("Embedding.fromPretrained", "weight", weight);
    if (weight.rank !== 2) {
      throw new ShapeError(
        "Embedding.fromPretrained",
        `the weight is ${formatShape(weight.shape)}`,
        "give [numEmbeddings, embeddingDim]",
      );
    }
    const { freeze = true, paddingIdx } = options;
    const embedding = new Embedding(weight.shape[0], weight.shape[1], { weight, paddingIdx });
    embedding.weight.requireGrad(!freeze);
    return embedding;
  }

  /**
   * `indices [...]` int32 -> `[..., embeddingDim]`
   *
   * @throws DTypeError for indices that are not int32
   * @throws ArgumentError for an index that is no row, where the backend looks at indices
   */
  override forward(indices: Tensor): Tensor {
    requireTensor("Embedding", "indices", indices);
    requireIndices("Embedding", "indices", indices);
    const rows = pickRows("Embedding", "index", this.weight, indices);
    if (this.paddingIdx === null || !this.weight.requiresGrad || !isGradEnabled()) return rows;
    return where(unsqueeze(equal(indices, this.paddingIdx), -1), rows.detach(), rows);
  }
}

function paddingRow(index: number | undefined, rows: number): number | null {
  if (index === undefined) return null;
  const row = index < 0 ? index + rows : index;
  if (Number.isInteger(row) && row >= 0 && row < rows) return row;
  throw new ArgumentError(
    "Embedding",
    `paddingIdx ${describeValue(index)}`,
    `use an integer from ${-rows} to ${rows - 1}`,
  );
}

function adopt(weight: Tensor, shape: readonly [number, number], options: EmbeddingOptions): Parameter {
  const idle = (["generator", "dtype", "backend"] as const).filter((name) => options[name] !== undefined);
  if (idle.length > 0)
    throw new ArgumentError("Embedding", `weight and ${idle.join(", ")}`, "give either: the weight says it all");
  requireTensor("Embedding", "weight", weight);
  if (sameShape(weight.shape, shape)) return new Parameter(weight);
  throw new ShapeError("Embedding", `the weight is ${formatShape(weight.shape)}`, `give ${formatShape(shape)}`);
}

function drawRows(
  shape: readonly [number, number],
  padding: number | null,
  { generator, dtype, backend }: EmbeddingOptions,
): Parameter {
  const place = { ...(dtype && { dtype }), ...(backend && { backend }) };
  return scope((): Parameter => {
    const weight = normal_(new Parameter(zeros(shape, place)), 0, 1, generator ? { generator } : {});
    if (padding === null) return weight;
    const row = arange(0, shape[0], 1, { dtype: "int32", backend: weight.backend });
    noGrad(() => weight.assign_(where(unsqueeze(equal(row, padding), 1), 0, weight)));
    return weight;
  });
}
