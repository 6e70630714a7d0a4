import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { DTypeError, FormatError } from "@unrolled/backend";
import { type ModelProto, ModelProtoSchema, TensorProto_DataType, type ValueInfoProto } from "onnx-buf";
import { type FileDType, fileDTypes } from "./file-dtype.js";

const caller = "loadOnnx";

/** A size; the name of a size that runs choose; or null for a size that runs choose and that has no name. */
export type Dim = number | string | null;

/** An input or output of a model. */
export interface TensorSpec {
  readonly name: string;
  /** The element type in the file. */
  readonly dtype: FileDType;
  /** Null where the file does not say how many dimensions there are. */
  readonly shape: readonly Dim[] | null;
}

/** Decodes a serialised ModelProto. */
export function readModel(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw new FormatError(caller, "the file is empty", "give a serialised ONNX model");
  const kind = otherKind(bytes);
  if (kind) throw new FormatError(caller, `the bytes are ${kind}, no ONNX model`, "give a serialised ONNX model");
  const model = decode(bytes);
  if (!model.graph || model.irVersion === 0n) {
    throw new FormatError(caller, "the bytes are no ONNX model (no graph or no ir_version)", "the file may be cut off");
  }
  return model;
}

export function writeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

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

/** What people give by mistake, told by its first bytes. */
function otherKind(bytes: Uint8Array): string | null {
  const start = String.fromCharCode(...bytes.subarray(0, 8)).trimStart();
  if (start.startsWith("<")) return "a page of HTML or XML (a server may have answered with its start page)";
  if (start.startsWith("PK")) return "a zip archive, such as torch.save writes";
  if (start.startsWith("version ")) return "a Git LFS pointer";
  if (start.slice(4) === "ORTM") return "in ONNX Runtime's own .ort format";
  return null;
}

/** The file's `metadata_props`. A key that comes twice keeps its last value. */
export function metadataOf(model: ModelProto): Readonly<Record<string, string>> {
  return Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
}

/** The declarations of the named inputs or outputs. `sizes` stand for the dimensions that were given a size on loading. */
export function specsOf(
  kind: "input" | "output",
  names: readonly string[],
  declared: readonly ValueInfoProto[],
  sizes: Readonly<Record<string, number>>,
): TensorSpec[] {
  return names.map((name) => {
    const type = declared.find((info) => info.name === name)?.type?.value;
    if (type?.case !== "tensorType") {
      throw new DTypeError(caller, `${kind} "${name}" is no tensor`, "only tensors go in and out of a session");
    }
    const { elemType, shape } = type.value;
    const dtype = fileDTypes.get(elemType);
    if (!dtype) {
      const found = TensorProto_DataType[elemType] ?? `element type ${elemType}`;
      const known = [...fileDTypes.values()].join(", ");
      throw new DTypeError(caller, `${kind} "${name}" holds ${found}`, `inputs and outputs hold ${known}`);
    }
    const dims = shape?.dim.map(({ value }): Dim => {
      if (value.case === "dimParam" && value.value !== "") {
        return Object.hasOwn(sizes, value.value) ? sizes[value.value] : value.value;
      }
      return value.case === "dimValue" && value.value >= 0n ? Number(value.value) : null;
    });
    return { name, dtype, shape: dims ?? null };
  });
}

/** The names of open dimensions of the model's inputs and outputs. */
export function dimNamesOf({ graph }: ModelProto): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { type } of [...(graph?.input ?? []), ...(graph?.output ?? [])]) {
    if (type?.value.case !== "tensorType") continue;
    for (const { value } of type.value.value.shape?.dim ?? []) {
      if (value.case === "dimParam" && value.value !== "") names.add(value.value);
    }
  }
  return names;
}
