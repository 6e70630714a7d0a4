import { type Backend, FormatError, requireKnownOptions, UnrolledError } from "@unrolled/backend";
import { defaultGenerator } from "@unrolled/core";
import type { Module } from "@unrolled/nn";
import { readSafetensors } from "../safetensors/read.js";
import { loadTensors } from "../state-dict/files.js";
import { readFields } from "./fields.js";
import { format, type ModelFile, modelFields, moduleFields, stampFields, version } from "./file.js";
import { type JsonValue, parseJsonObject } from "./json.js";
import { entryNamed } from "./registry.js";
import { stampOf } from "./save.js";

const op = "loadModel";

/** Options of `loadModel`. */
export interface LoadModelOptions<M extends Module = Module> {
  /** The class that the file must hold; the result then has its type. Any when left out. */
  readonly expect?: abstract new (
    ...args: never[]
  ) => M;
  /** Where the model is made; the default backend when left out. A class of your own must pass it on in `fromConfig`. */
  readonly backend?: Backend;
}

/** The pair that `saveModel` gives. */
export interface LoadableModel {
  readonly json: string | Uint8Array;
  readonly weights: Uint8Array;
}

function readJson(json: string | Uint8Array): ModelFile {
  const { format: kind, version: found, ...rest } = parseJsonObject(op, json);
  if (kind !== format)
    throw new FormatError(op, `the JSON's format is ${JSON.stringify(kind) ?? "not given"}`, `it must be "${format}"`);
  if (!Number.isInteger(found) || Number(found) < 1)
    throw new FormatError(op, `version ${JSON.stringify(found)}`, "it must be a number of 1 or more");
  if (Number(found) > version)
    throw new FormatError(op, `version ${found} is newer than ${version}`, "update @unrolled/weights to read it");
  const fields = found === 1 ? { otherMode: [], ...rest } : rest;
  return readFields(op, "model.json", fields, modelFields);
}

/** What a file describes must fit its weights, so that a few bytes of JSON cannot claim all memory. */
class Budget {
  #left: number;
  constructor(elements: number) {
    this.#left = elements;
  }

  spend(place: string, elements: number): void {
    this.#left -= elements;
    if (!(this.#left >= 0))
      throw new FormatError(
        op,
        `${place} has more parameters than the weights' file`,
        "the files do not belong together",
      );
  }
}

function buildModule(value: JsonValue, place: string, backend: Backend | undefined, budget: Budget): Module {
  const { class: name, config } = readFields(op, place, value, moduleFields);
  const here = `${place} (${name})`;
  const entry = entryNamed(name);
  if (entry === undefined)
    throw new FormatError(
      op,
      `${place}: there is no class "${name}"`,
      `registerModule("${name}", ...) before, or update @unrolled/weights`,
    );
  try {
    if (entry.elements) budget.spend(here, entry.elements(config));
    let children = 0;
    const build = (inside: JsonValue): Module => buildModule(inside, `${here} > ${children++}`, backend, budget);
    return entry.codec.fromConfig(config, { build, backend });
  } catch (cause) {
    if (!UnrolledError.is(cause) || cause instanceof FormatError) throw cause;
    throw new FormatError(op, `${here} cannot be made: ${cause.message}`, "the file is damaged", { cause });
  }
}

/** Draws of new weights, which are overwritten at once, leave the default generator as it was. */
function withoutDraws<T>(make: () => T): T {
  const generator = defaultGenerator();
  const { state } = generator;
  try {
    return make();
  } finally {
    generator.state = state;
  }
}

/**
 * Rebuilds a model from the files of `saveModel`: architecture, weights, mode, frozen parameters. The files are not trusted:
 * they can name only classes that the library has or that you registered, and no code is run from them.
 *
 * @throws FormatError for files that are damaged, do not belong together, come from a newer version, or hold an unknown class
 * @example
 * const files = { json: await readFile("model.json"), weights: await readFile("model.safetensors") };
 * const model = await loadModel(files, { expect: Net });
 */
export async function loadModel<M extends Module = Module>(
  { json, weights }: LoadableModel,
  options: LoadModelOptions<M> = {},
): Promise<M> {
  requireKnownOptions(op, options, ["expect", "backend"]);
  const { expect, backend } = options;
  const file = readJson(json);
  const stamp = readFields(op, "weights", file.weights, stampFields);
  const found = stampOf(weights);
  if (stamp.bytes !== found.bytes || stamp.crc32 !== found.crc32) {
    throw new FormatError(
      op,
      `the weights have ${found.bytes} bytes, checksum ${found.crc32}; model.json was saved with ${stamp.bytes}, ${stamp.crc32}`,
      "give the pair that was saved together",
    );
  }
  const { tensors } = readSafetensors(weights);
  const elements = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
  const model = withoutDraws(() => buildModule(file.model, "model", backend, new Budget(elements)));
  if (expect !== undefined && !(model instanceof expect))
    throw new FormatError(op, `the file holds a ${model.constructor.name}`, `expected was a ${expect.name}`);
  try {
    loadTensors(model, tensors);
  } catch (cause) {
    if (!UnrolledError.is(cause)) throw cause;
    throw new FormatError(
      op,
      `the weights do not fit the architecture: ${cause.message}`,
      "has the class changed since?",
      {
        cause,
      },
    );
  }
  freeze(model, file.frozen);
  setModes(model, file);
  return model as M;
}

function setModes(model: Module, { training, otherMode }: ModelFile): void {
  model.train(training);
  const modules = new Map(model.namedModules());
  for (const name of otherMode) {
    const module = modules.get(name);
    if (module === undefined)
      throw new FormatError(op, `otherMode: there is no module "${name}"`, "the file is damaged");
    module.training = !training;
  }
}

function freeze(model: Module, names: readonly string[]): void {
  const parameters = new Map(model.namedParameters());
  for (const name of names) {
    const parameter = parameters.get(name);
    if (parameter === undefined)
      throw new FormatError(op, `frozen: there is no parameter "${name}"`, "the file is damaged");
    parameter.requiresGrad = false;
  }
}
