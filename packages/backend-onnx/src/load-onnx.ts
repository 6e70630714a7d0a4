import { ArgumentError, BackendError, requireKnownOptions } from "@unrolled/backend";
import { openSource } from "#source";
import { inlineExternalData, type ReadExternal } from "./external-data.js";
import { dimNamesOf, metadataOf, readModel, specsOf, writeModel } from "./model-file.js";
import { OnnxSession } from "./onnx-session.js";
import { type EngineOptions, engineOptions, openEngine } from "./open-engine.js";
import { recurrentOpsOf } from "./recurrent-nodes.js";
import { type Opened, tooLarge, wrongSource } from "./source.js";
import { linksOf, StreamState } from "./stream-state.js";

/** Options of `loadOnnx`. */
export interface LoadOnnxOptions extends EngineOptions {
  /**
   * The inputs that `session.step` carries, each with the output that it comes from: `{ h0: "hn", c0: "cn" }`. Default: what
   * the file says of itself, as files of Unrolled's exporter with state do.
   */
  readonly state?: Readonly<Record<string, string>>;
  /** Sizes for named dimensions, for models that run faster with fixed sizes: `{ batch: 1 }`. Default: all stay open. */
  readonly dims?: Readonly<Record<string, number>>;
  /**
   * Weights that the model keeps in other files, by the names of these files in it. Default: they are read from beside the
   * model, where it comes from a path or URL.
   */
  readonly externalData?: Readonly<Record<string, Uint8Array>>;
  /** The most bytes that are read, external data included. Default 2^31 - 1, the most that a model can have. */
  readonly maxBytes?: number;
}

/** Bytes of a model, a path (in Node), or a URL. */
export type OnnxSource = Uint8Array | ArrayBuffer | string | URL;

const largest = 2 ** 31 - 1;

/**
 * Loads any ONNX file for inference. A string is a path in Node, an address relative to the page in a browser; `http:`,
 * `https:`, `data:` and `blob:` addresses are fetched in both, `file:` URLs are read in Node.
 *
 * @throws BackendError for a file that is not there, an HTTP status other than 2xx, a missing package or provider, or a model
 * that ONNX Runtime refuses; FormatError for bytes that are no ONNX model, or more than `maxBytes`; ArgumentError for an
 * option that does not exist; DTypeError for inputs or outputs that are no tensors of numbers
 * @see https://onnxruntime.ai/docs/api/js/
 *
 * @example
 * ```ts
 * await using session = await loadOnnx("model.onnx", { threads: 1 });
 * console.log(session.inputs); // [{ name: "x", dtype: "float32", shape: ["batch", "time", 1] }]
 * const { y } = await session.run({ x: [[[0.1], [0.2], [0.3]]] });
 * ```
 */
export async function loadOnnx(source: OnnxSource, options: LoadOnnxOptions = {}): Promise<OnnxSession> {
  requireKnownOptions("loadOnnx", options, [...engineOptions, "state", "dims", "externalData", "maxBytes"]);
  const { maxBytes = largest, dims = {}, graphOptimization } = options;
  if (!Number.isInteger(maxBytes) || maxBytes < 0) {
    throw new ArgumentError("loadOnnx", `maxBytes ${maxBytes}`, "use a whole number of bytes");
  }
  checkSizes(dims);
  const opened = await open(source, maxBytes);
  const model = readModel(opened.bytes);
  requireNamed("dims", dims, dimNamesOf(model));
  const locations = await inlineExternalData(model, externalReader(opened, options, maxBytes));
  requireNamed("externalData", options.externalData ?? {}, locations);
  const engine = await openEngine("loadOnnx", options);
  const bytes = locations.size > 0 ? writeModel(model) : opened.bytes;
  const metadata = metadataOf(model);
  const links = options.state
    ? Object.entries(options.state).map(([input, output]) => ({ input, output }))
    : linksOf(metadata);
  const session = await engine.createSession("the model", bytes, {
    ...(graphOptimization && { graphOptimization }),
    ...(options.dims && { dims }),
    kept: links.map(({ output }) => output),
  });
  try {
    const names = (metadata: readonly { readonly name: string }[]): string[] => metadata.map(({ name }) => name);
    const inputs = specsOf("input", names(session.inputMetadata), model.graph?.input ?? [], dims);
    const outputs = specsOf("output", names(session.outputMetadata), model.graph?.output ?? [], dims);
    const state = new StreamState(engine, links, inputs, outputs);
    return new OnnxSession({
      ...{ engine, session, inputs, outputs, metadata, state },
      recurrentOps: recurrentOpsOf(model),
    });
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function open(source: OnnxSource, maxBytes: number): Promise<Opened> {
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
    if (bytes.length > maxBytes) throw tooLarge("source", bytes.length, maxBytes);
    return { bytes, sibling: null };
  }
  if (typeof source === "string" || source instanceof URL) return openSource(source, maxBytes);
  throw wrongSource(source);
}

function externalReader(opened: Opened, { externalData }: LoadOnnxOptions, maxBytes: number): ReadExternal {
  let left = maxBytes - opened.bytes.length;
  return async (location) => {
    const given = externalData && Object.hasOwn(externalData, location) ? externalData[location] : null;
    if (!given && !opened.sibling) {
      throw new BackendError(
        "loadOnnx",
        `the model keeps weights in another file, ${JSON.stringify(location)}`,
        `give its bytes: externalData: { ${JSON.stringify(location)}: bytes }`,
      );
    }
    const bytes = given ?? (await opened.sibling?.(location, left)) ?? new Uint8Array(0);
    if (bytes.length > left) throw tooLarge(location, bytes.length, left);
    left -= bytes.length;
    return bytes;
  };
}

function checkSizes(dims: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(dims)) {
    if (!Number.isInteger(size) || size < 1) {
      throw new ArgumentError("loadOnnx", `dims.${name} is ${size}`, "use a whole number from 1");
    }
  }
}

function requireNamed(option: string, given: object, known: ReadonlySet<string>): void {
  const unknown = Object.keys(given).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const problem = `the model knows no ${unknown.map((name) => JSON.stringify(name)).join(", ")} of option ${option}`;
  throw new ArgumentError(
    "loadOnnx",
    problem,
    known.size > 0 ? `it has ${[...known].join(", ")}` : "it has none: leave it out",
  );
}
