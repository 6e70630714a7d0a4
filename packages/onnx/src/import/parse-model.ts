import { fromBinary } from "@bufbuild/protobuf";
import { ArgumentError, FormatError } from "@unrolled/backend";
import { describeValue } from "@unrolled/core";
import { type GraphProto, type ModelProto, ModelProtoSchema } from "onnx-buf";
import { type ExternalData, takeExternalData } from "./external-data.js";

const caller = "onnxToGraph";

/** File formats and operator sets that are read. */
export const importedIrVersions: { readonly from: number; readonly to: number } = { from: 3, to: 10 };
export const importedOpsets: { readonly from: number; readonly to: number } = { from: 7, to: 21 };

/** A file, decoded. */
export interface Model {
  readonly graph: GraphProto;
  readonly opset: number;
  /** The tool that wrote the file, "" where it does not say. */
  readonly producer: string;
  /** The length of the file, external data included. */
  readonly bytes: number;
}

/** The graph of a serialised ModelProto and its opset; `external`: other files that hold its weights, by their names in it. */
export function parseModel(bytes: Uint8Array, maxBytes: number, external: ExternalData = {}): Model {
  if (!(bytes instanceof Uint8Array))
    throw new ArgumentError(caller, `got ${describeValue(bytes)}`, "give the file's bytes: await readFile(path)");
  const length = Object.values(external).reduce((sum, file) => sum + file.length, bytes.length);
  if (length > maxBytes)
    throw new FormatError(
      caller,
      `the file has ${length} bytes, more than ${maxBytes}`,
      "raise maxBytes if you trust it",
    );
  const model = decode(bytes);
  const { irVersion } = model;
  if (irVersion < importedIrVersions.from || irVersion > importedIrVersions.to)
    throw new FormatError(
      caller,
      `ir_version ${irVersion}`,
      `it must be ${importedIrVersions.from} to ${importedIrVersions.to}; is this an ONNX model?`,
    );
  if (!model.graph) throw new FormatError(caller, "the model has no graph", "the file may be cut off");
  if (model.trainingInfo.length > 0)
    throw new FormatError(caller, "the model has training_info", "export it for inference");
  if (model.graph.sparseInitializer.length > 0)
    throw new FormatError(caller, "the model has sparse initialisers", "save them dense");
  takeExternalData(model.graph, external, maxBytes);
  return { graph: model.graph, opset: defaultOpset(model), producer: model.producerName, bytes: length };
}

/** The decoder raises errors of many kinds for bytes that are no protobuf message: all mean the same. */
function decode(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(caller, `the bytes are no ONNX model (${reason})`, "the file may be cut off or damaged", {
      cause,
    });
  }
}

export function isDefaultDomain(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}

function defaultOpset(model: ModelProto): number {
  const versions = model.opsetImport.filter(({ domain }) => isDefaultDomain(domain)).map(({ version }) => version);
  const range = `it must be ${importedOpsets.from} to ${importedOpsets.to}`;
  if (versions.length !== 1)
    throw new FormatError(caller, `the model names ${versions.length} ONNX opsets`, `name one; ${range}`);
  const [opset] = versions;
  if (opset < importedOpsets.from || opset > importedOpsets.to)
    throw new FormatError(caller, `opset ${opset}`, `${range}; export the model again with such an opset`);
  return Number(opset);
}
