import type { DType } from "@unrolled/backend";
import type { Module } from "@unrolled/nn";
import type { BuildContext, ModuleConfig, StockCodec } from "./codec.js";
import { choice, type Field, type Fields, readFields } from "./fields.js";
import type { JsonObject } from "./json.js";

type Class<M extends Module> = new (...args: never[]) => M;

export interface StockEntry {
  readonly type: Class<Module>;
  readonly codec: StockCodec;
}

export interface Definition<M extends Module, C extends object> {
  readonly fields: Fields<C>;
  toConfig(module: M, save: (inside: Module) => ModuleConfig): C;
  fromConfig(
    config: C,
    context: BuildContext & { readonly place: { readonly backend?: NonNullable<BuildContext["backend"]> } },
  ): M;
  elements?(config: C): number;
}

/** A class with a checked configuration. */
export function entry<M extends Module, C extends object>(
  type: Class<M>,
  name: string,
  d: Definition<M, C>,
): [string, StockEntry] {
  const read = (config: JsonObject): C => readFields("loadModel", name, config, d.fields);
  const codec: StockCodec<M> = {
    toConfig: (module, save) => d.toConfig(module, save) as unknown as JsonObject,
    fromConfig: (config, context) => {
      const place = context.backend === undefined ? {} : { backend: context.backend };
      return d.fromConfig(read(config), { ...context, place });
    },
    elements: (config) => d.elements?.(read(config)) ?? 0,
  };
  return [name, { type, codec: codec as StockCodec }];
}

/** The dtypes that weights can have. */
export type Float = "float32" | "float64";
export const floatType: Field<Float> = choice("float32", "float64");
export const floatOf = (tensor: { readonly dtype: DType }): Float =>
  tensor.dtype === "float64" ? "float64" : "float32";
