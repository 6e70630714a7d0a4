import { ArgumentError, FormatError } from "@unrolled/backend";
import { type GraphProto, type TensorProto, TensorProto_DataLocation } from "onnx-buf";

const caller = "onnxToGraph";
/** Graphs within graphs. */
const deepest = 16;

/** Other files that hold tensors of a model, by their names in it. */
export type ExternalData = Readonly<Record<string, Uint8Array>>;

export function externalLocation(tensor: TensorProto): string | null {
  return field(tensor, "location");
}

/**
 * Gives tensors the bytes that other files hold for them, at most `maxBytes`; those of files that are not given stay as they are.
 *
 * @throws ArgumentError for a file that no tensor names, FormatError for a tensor beyond the end of its file
 */
export function takeExternalData(graph: GraphProto, files: ExternalData, maxBytes: number): void {
  const given = Object.keys(files);
  if (given.length === 0) return;
  let taken = 0;
  const named = new Set<string>();
  for (const tensor of tensorsOf(graph, 0)) {
    if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) continue;
    const location = externalLocation(tensor);
    if (location === null) continue;
    named.add(location);
    if (!Object.hasOwn(files, location)) continue;
    const bytes = part(tensor, location, files[location]);
    taken += bytes.length;
    if (taken > maxBytes)
      throw new FormatError(
        caller,
        `tensors take more than ${maxBytes} bytes of other files`,
        "raise maxBytes if you trust it",
      );
    tensor.rawData = new Uint8Array(bytes);
    tensor.dataLocation = TensorProto_DataLocation.DEFAULT;
    tensor.externalData = [];
  }
  const unknown = given.filter((name) => !named.has(name));
  if (unknown.length > 0)
    throw new ArgumentError(
      "externalData",
      `the model names no file ${JSON.stringify(unknown[0])}`,
      named.size > 0 ? `it names ${[...named].map((name) => JSON.stringify(name)).join(", ")}` : "leave it out",
    );
}

function part(tensor: TensorProto, location: string, file: Uint8Array): Uint8Array {
  const offset = wholeNumber(tensor, "offset") ?? 0;
  const length = wholeNumber(tensor, "length") ?? file.length - offset;
  if (length < 0 || offset + length > file.length)
    throw new FormatError(
      caller,
      `tensor "${tensor.name}" is ${length} bytes from ${offset} on of ${JSON.stringify(location)}, which has ${file.length}`,
      "the two files do not belong together, or one is cut off",
    );
  return file.subarray(offset, offset + length);
}

function wholeNumber(tensor: TensorProto, key: string): number | null {
  const text = field(tensor, key);
  if (text === null) return null;
  if (!/^\d{1,15}$/.test(text))
    throw new FormatError(caller, `tensor "${tensor.name}" has ${key} ${JSON.stringify(text)}`, "use a whole number");
  return Number(text);
}

function field(tensor: TensorProto, name: string): string | null {
  return tensor.externalData.find(({ key }) => key === name)?.value ?? null;
}

function* tensorsOf(graph: GraphProto, depth: number): Generator<TensorProto> {
  if (depth > deepest) return;
  yield* graph.initializer;
  for (const { attribute } of graph.node)
    for (const { t, g } of attribute) {
      if (t) yield t;
      if (g) yield* tensorsOf(g, depth + 1);
    }
}
