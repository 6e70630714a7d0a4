import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Module } from "@unrolled/nn";
import { type LoadModelOptions, loadModel } from "../model/load.js";
import { type SaveModelOptions, saveModel } from "../model/save.js";

const jsonName = "model.json";
const weightsName = "model.safetensors";

async function replace(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

/**
 * Saves a model's two files, model.json and model.safetensors, in a folder, which is made if need be. Each is replaced at once;
 * should the machine stop between the two, `loadModelFrom` notices that they do not belong together.
 *
 * @example
 * await saveModelTo("models/sine", model);
 */
export async function saveModelTo(folder: string, model: Module, options: SaveModelOptions = {}): Promise<void> {
  const { json, weights } = await saveModel(model, options);
  await mkdir(folder, { recursive: true });
  await replace(join(folder, weightsName), weights);
  await replace(join(folder, jsonName), json);
}

/**
 * Loads a model from a folder that `saveModelTo` wrote.
 *
 * @example
 * const model = await loadModelFrom("models/sine", { expect: SineNet });
 */
export async function loadModelFrom<M extends Module = Module>(
  folder: string,
  options: LoadModelOptions<M> = {},
): Promise<M> {
  const [json, weights] = await Promise.all([readFile(join(folder, jsonName)), readFile(join(folder, weightsName))]);
  return loadModel({ json, weights }, options);
}
