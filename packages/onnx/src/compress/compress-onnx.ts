import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ArgumentError, FormatError, requireKnownOptions } from "@unrolled/backend";
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
} from "onnx-buf";
import { parseModel } from "../import/parse-model.js";
import { ModelEdit } from "./edit.js";
import { microsoftDomain } from "./quantized-lstm.js";
import { type CompressionReport, summary } from "./report.js";
import { constantsToInitializers, readScopes } from "./scopes.js";
import { compressToFloat16, compressToInt8, type Outcome } from "./weight-plans.js";
import { asOurs, findWeights } from "./weights.js";

const caller = "compressOnnx";

/** The metadata entry in which a compressed file says how it was made (JSON). */
export const compressionMetadataKey = "unrolled.compression";

/** Options of `compressOnnx`. */
export interface CompressOnnxOptions {
  /** `float16` halves the weights, `int8` quarters them. */
  readonly weights: "float16" | "int8";
  /** Tensors with fewer elements stay as they are. Default: 64. */
  readonly minimumSize?: number;
  /** int8: a scale for each output feature (`channel`) or for each tensor and direction. Default: `channel`. */
  readonly granularity?: "channel" | "tensor";
  /** int8: only operators of ONNX itself, for runtimes other than ONNX Runtime; LSTMs then compute in float32. Default: false. */
  readonly portable?: boolean;
  /** Longer files are refused. Default: 2^28 (256 MiB). */
  readonly maxBytes?: number;
}

/** What `compressOnnx` returns. */
export interface CompressedOnnx {
  readonly bytes: Uint8Array;
  readonly report: CompressionReport;
}

/**
 * Makes an ONNX model (a serialised ModelProto) smaller by storing its float32 weights in fewer bits. Inputs and outputs
 * keep their names, shapes and types.
 *
 * `float16`: each weight is rounded to the nearest float16, ties to even, and a Cast restores float32 when the model is
 * loaded, so that the arithmetic stays float32. A tensor with a number beyond 65504 stays as it is.
 *
 * `int8`: symmetric, largest magnitude to 127. MatMul and Gemm with a constant right-hand matrix become DynamicQuantizeLinear
 * and MatMulInteger; LSTM becomes `com.microsoft.DynamicQuantizeLSTM`; both also round their inputs to 8 bits, by a scale
 * over the whole batch. Matrices of GRU, RNN and all other operators are only stored as int8 and restored to float32 when the
 * model is loaded, as ONNX Runtime has no quantised kernels for them. Vectors stay float32.
 *
 * A file compressed before with the same options comes back as it is.
 *
 * @throws ArgumentError for unknown options, and for a file compressed before with other options.
 * @throws FormatError for a file that is damaged or no ONNX model, or older than `ir_version` 4.
 * @see https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
 *
 * @example
 * ```ts
 * import { compressOnnx, formatCompression } from "@unrolled/onnx";
 * const { bytes: smaller, report } = compressOnnx(bytes, { weights: "int8" });
 * console.log(formatCompression(report));
 * ```
 */
export function compressOnnx(bytes: Uint8Array, options: CompressOnnxOptions): CompressedOnnx {
  requireKnownOptions(caller, options, ["weights", "minimumSize", "granularity", "portable", "maxBytes"]);
  const { weights, minimumSize, granularity, portable } = checked(options);
  const { graph, model } = parse(bytes, options.maxBytes ?? 2 ** 28);
  const settings = JSON.stringify({ weights, minimumSize, ...(weights === "int8" && { granularity, portable }) });
  const before = model.metadataProps.find(({ key }) => key === compressionMetadataKey);
  if (before && before.value !== settings)
    throw new ArgumentError(
      caller,
      `the file was compressed before, with ${before.value}, now asked for ${settings}`,
      "compress the file that it was made from",
    );
  if (before) {
    const left = findWeights(readScopes(graph)).left;
    return { bytes: bytes.slice(), report: summary(weights, [], left, bytes.length, bytes.length) };
  }
  constantsToInitializers(graph, minimumSize);
  const read = readScopes(graph);
  const edit = new ModelEdit(read);
  const outcome: Outcome =
    weights === "float16"
      ? compressToFloat16(edit, read, minimumSize)
      : compressToInt8(edit, read, { minimumSize, perChannel: granularity === "channel", portable });
  if (outcome.changed.length === 0)
    return { bytes: bytes.slice(), report: summary(weights, [], outcome.left, bytes.length, bytes.length) };
  edit.apply();
  if (outcome.changed.some(({ readBy }) => readBy === "DynamicQuantizeLSTM")) importMicrosoftDomain(model);
  model.metadataProps.push(create(StringStringEntryProtoSchema, { key: compressionMetadataKey, value: settings }));
  const smaller = toBinary(ModelProtoSchema, model);
  return { bytes: smaller, report: summary(weights, outcome.changed, outcome.left, bytes.length, smaller.length) };
}

interface Settings {
  readonly weights: "float16" | "int8";
  readonly minimumSize: number;
  readonly granularity: "channel" | "tensor";
  readonly portable: boolean;
}

function checked(options: CompressOnnxOptions): Settings {
  const { weights, minimumSize = 64, granularity = "channel", portable = false } = options;
  const oneOf = (name: string, value: unknown, allowed: readonly unknown[]): void => {
    if (!allowed.includes(value))
      throw new ArgumentError(caller, `${name} ${JSON.stringify(value)}`, `use one of ${allowed.join(", ")}`);
  };
  oneOf("weights", weights, ["float16", "int8"]);
  oneOf("granularity", granularity, ["channel", "tensor"]);
  oneOf("portable", portable, [true, false]);
  if (!Number.isInteger(minimumSize) || minimumSize < 1)
    throw new ArgumentError(caller, `minimumSize ${minimumSize}`, "use a whole number from 1");
  if (weights === "float16") {
    const foreign = (["granularity", "portable"] as const).filter((name) => options[name] !== undefined);
    if (foreign.length > 0)
      throw new ArgumentError(caller, `${foreign.join(" and ")} with float16`, 'leave it out, or use weights: "int8"');
  }
  return { weights, minimumSize, granularity, portable };
}

/** The model, checked by the import's own parser. */
function parse(bytes: Uint8Array, maxBytes: number): { graph: GraphProto; model: ModelProto } {
  asOurs(() => parseModel(bytes, maxBytes));
  const model = fromBinary(ModelProtoSchema, bytes);
  if (!model.graph) throw new FormatError(caller, "the model has no graph", "the file may be cut off");
  if (model.irVersion < 4n)
    throw new FormatError(
      caller,
      `ir_version ${model.irVersion}, in which every initialiser is an input too`,
      "save the model with ir_version 4 or later",
    );
  return { graph: model.graph, model };
}

function importMicrosoftDomain(model: ModelProto): void {
  if (model.opsetImport.some(({ domain }) => domain === microsoftDomain)) return;
  model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: microsoftDomain, version: 1n }));
}
