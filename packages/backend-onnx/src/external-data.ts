import { FormatError } from "@unrolled/backend";
import { type GraphProto, type ModelProto, type TensorProto, TensorProto_DataLocation } from "onnx-buf";

const caller = "loadOnnx";

/** Reads the file of a location that stands in the model. */
export type ReadExternal = (location: string) => Promise<Uint8Array>;

/** Puts tensors that the file keeps in other files into it. Returns the names of these files. */
export async function inlineExternalData(model: ModelProto, read: ReadExternal): Promise<ReadonlySet<string>> {
  const files = new Map<string, Uint8Array>();
  for (const tensor of tensorsOf(model.graph)) {
    if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) continue;
    const fields = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const location = checkedLocation(tensor.name, fields.get("location"));
    const file = files.get(location) ?? (await read(location));
    files.set(location, file);
    const offset = wholeNumber(tensor.name, "offset", fields.get("offset"), 0);
    const length = wholeNumber(tensor.name, "length", fields.get("length"), file.length - offset);
    if (length < 0 || offset + length > file.length) {
      throw new FormatError(
        caller,
        `tensor "${tensor.name}" is bytes ${offset} to ${offset + length} of ${location}, which has ${file.length}`,
        "the two files do not belong together, or one is cut off",
      );
    }
    tensor.rawData = new Uint8Array(file.subarray(offset, offset + length));
    tensor.dataLocation = TensorProto_DataLocation.DEFAULT;
    tensor.externalData = [];
  }
  return new Set(files.keys());
}

/** A path below the model's folder, so that a hostile model reads nothing else. */
function checkedLocation(tensor: string, location: string | undefined): string {
  const plain = location !== undefined && /^[^\\:?#%]+$/.test(location) && !location.startsWith("/");
  if (!plain || location.split("/").includes("..")) {
    throw new FormatError(
      caller,
      `tensor "${tensor}" is in ${location === undefined ? "no file" : JSON.stringify(location)}`,
      "external data must lie in a file beside the model or below it",
    );
  }
  return location;
}

function wholeNumber(tensor: string, field: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) {
    throw new FormatError(
      caller,
      `tensor "${tensor}" has external ${field} ${JSON.stringify(text)}`,
      "use a whole number",
    );
  }
  return value;
}

function* tensorsOf(graph: GraphProto | undefined): Generator<TensorProto> {
  if (!graph) return;
  yield* graph.initializer;
  for (const { attribute } of graph.node) {
    for (const { t, tensors, g, graphs } of attribute) {
      if (t) yield t;
      yield* tensors;
      yield* tensorsOf(g);
      for (const inner of graphs) yield* tensorsOf(inner);
    }
  }
}
