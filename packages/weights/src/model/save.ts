import { ArgumentError, requireKnownOptions } from "@unrolled/backend";
import { Buffer, type Module } from "@unrolled/nn";
import { crc32 } from "../checksum.js";
import type { HalfType } from "../elements/writers.js";
import { saveStateDict } from "../state-dict/files.js";
import type { ModuleConfig } from "./codec.js";
import { format, type ModelFiles, version, type WeightsStamp } from "./file.js";
import { entryOf } from "./registry.js";

const op = "saveModel";

/** Options of `saveModel`. */
export interface SaveModelOptions {
  /** Strings by name, kept in the weights' file; `readSafetensors(weights).metadata` gives them back. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Store floats in half precision. As they are when left out. */
  readonly dtype?: HalfType;
}

export const stampOf = (weights: Uint8Array): WeightsStamp => ({
  bytes: weights.length,
  crc32: crc32(weights).toString(16).padStart(8, "0"),
});

const keptAs: symbol = Symbol.for("@unrolled/kept-as");

/** How a module is kept that no constructor makes anew, where it says so itself, as those out of ONNX files do. */
function otherWay(module: Module): string | null {
  const said: unknown = Reflect.get(module, keptAs);
  return typeof said === "string" ? said : null;
}

function describe(module: Module, seen: Set<Module>): ModuleConfig {
  const entry = entryOf(module);
  const name = module.constructor.name || "the class";
  if (entry === undefined)
    throw new ArgumentError(
      op,
      `${name} is not registered`,
      otherWay(module) ?? `registerModule("${name}", ${name}, { toConfig, fromConfig })`,
    );
  if (seen.has(module)) {
    throw new ArgumentError(
      op,
      `a ${name} stands in two places, and would come back as two`,
      "register the module that holds both, and let its constructor share it",
    );
  }
  seen.add(module);
  return { class: entry.name, config: entry.codec.toConfig(module, (inside) => describe(inside, seen)) };
}

/**
 * Saves a model whole, as a pair of files: model.json with the architecture, model.safetensors with the weights, which PyTorch
 * loads too. The layers of this library are known; tell of your own classes with `registerModule`. Each module's own
 * mode, training or evaluation, and frozen parameters are kept; gradients and generators are not.
 *
 * @throws ArgumentError for a class that is not registered
 * @example
 * const { json, weights } = await saveModel(model);
 * await writeFile("model.json", json);
 * await writeFile("model.safetensors", weights);
 */
export async function saveModel(model: Module, options: SaveModelOptions = {}): Promise<ModelFiles> {
  requireKnownOptions(op, options, ["metadata", "dtype"]);
  const { metadata = {}, dtype } = options;
  const architecture = {
    model: describe(model, new Set<Module>()),
    training: model.training,
    otherMode: [...model.namedModules()]
      .filter(([, { training }]) => training !== model.training)
      .map(([name]) => name),
    frozen: [...model.namedParameters()]
      .filter(([, parameter]) => !(parameter instanceof Buffer) && !parameter.requiresGrad)
      .map(([name]) => name),
  };
  const weights = await saveStateDict(model, metadata, dtype === undefined ? {} : { dtype });
  const json = JSON.stringify({ format, version, ...architecture, weights: stampOf(weights) }, null, 2);
  return { json: `${json}\n`, weights };
}
