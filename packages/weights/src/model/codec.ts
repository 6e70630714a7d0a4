import type { Backend } from "@unrolled/backend";
import type { Module } from "@unrolled/nn";
import type { JsonObject, JsonValue } from "./json.js";

/** A module as model.json has it. */
export interface ModuleConfig extends JsonObject {
  readonly class: string;
  readonly config: JsonObject;
}

/** What a module is rebuilt with. */
export interface BuildContext {
  /** Builds a module inside this one from what `save` gave. */
  build(config: JsonValue): Module;
  /** Where its parameters belong. */
  readonly backend: Backend | undefined;
}

/** How a module's architecture becomes JSON, and comes back. Weights are saved apart, by their names. */
export interface ModuleCodec<M extends Module> {
  /** What the constructor needs, as plain JSON. `save` does the same for a registered module inside. */
  toConfig(module: M, save: (inside: Module) => ModuleConfig): JsonObject;
  /** Makes the module anew, with weights of any value. The configuration comes from a file: check what you use of it. */
  fromConfig(config: JsonObject, context: BuildContext): M;
}

/** A codec of the library's own, which also tells what a configuration would allocate. */
export interface StockCodec<M extends Module = Module> extends ModuleCodec<M> {
  /** Parameters of its own, in numbers. */
  elements(config: JsonObject): number;
}
