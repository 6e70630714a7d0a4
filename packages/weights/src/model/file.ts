import { type Field, type Fields, flag, listOf, object } from "./fields.js";
import type { JsonObject } from "./json.js";

export const format = "unrolled.model";
/** Of model.json. A reader refuses newer ones; a change that an older reader would misread needs a new one. */
export const version = 2;

const text: Field<string> = { wanted: "text", is: (value): value is string => typeof value === "string" };
const byteCount: Field<number> = {
  wanted: "a number of bytes",
  is: (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
};

/** model.json, less format and version. */
export interface ModelFile {
  readonly model: JsonObject;
  readonly training: boolean;
  /** Modules inside whose mode is not the whole model's, by name. Version 1 has no such list. */
  readonly otherMode: readonly string[];
  /** Parameters that are not learned. */
  readonly frozen: readonly string[];
  /** Ties the pair together. */
  readonly weights: JsonObject;
}

export const modelFields: Fields<ModelFile> = {
  model: object,
  training: flag,
  otherMode: listOf(text),
  frozen: listOf(text),
  weights: object,
};

export interface WeightsStamp {
  readonly bytes: number;
  readonly crc32: string;
}

export const stampFields: Fields<WeightsStamp> = { bytes: byteCount, crc32: text };

export const moduleFields: Fields<{ readonly class: string; readonly config: JsonObject }> = {
  class: text,
  config: object,
};

/** A model on file: its architecture, and its weights as safetensors under PyTorch's names. */
export interface ModelFiles {
  /** Content of model.json. */
  readonly json: string;
  /** Content of model.safetensors. */
  readonly weights: Uint8Array<ArrayBuffer>;
}
