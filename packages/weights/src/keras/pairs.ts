import { ArgumentError } from "@unrolled/backend";
import type { Module } from "@unrolled/nn";
import { type KerasLayer, kerasLayersOf } from "./layers.js";

/** Keras layers by the names of modules: one name, or one for each layer of a stack, first to last. */
export type KerasLayerNames = Readonly<Record<string, string | readonly string[]>>;

/** A module that has weights in Keras, with its name and its Keras layers. */
export interface Counterpart {
  readonly name: string;
  readonly layers: readonly KerasLayer[];
}

export function counterparts(module: Module): Counterpart[] {
  return [...module.namedModules()].flatMap(([name, child]) => {
    const layers = kerasLayersOf(child);
    return layers === null ? [] : [{ name, layers }];
  });
}

/** In the order of `names`, which must be those of counterparts. */
export function pick(op: string, all: readonly Counterpart[], names: readonly string[]): Counterpart[] {
  return names.map((name) => {
    const found = all.find((counterpart) => counterpart.name === name);
    if (found !== undefined) return found;
    const known = all.map((counterpart) => JSON.stringify(counterpart.name)).join(", ");
    throw new ArgumentError(
      op,
      `layers: no module "${name}" has weights in Keras`,
      `the modules that have are ${known}`,
    );
  });
}

/** The Keras name of each layer of a module; the module's own where none is given. */
export function kerasNames(op: string, { name, layers }: Counterpart, names: KerasLayerNames): readonly string[] {
  const given = Object.hasOwn(names, name) ? names[name] : name;
  const list = typeof given === "string" ? [given] : given;
  if (list.length !== layers.length) {
    throw new ArgumentError(
      op,
      `${list.length} Keras layers for ${name || "the module"}, which has ${layers.length}`,
      "give one name for each of its layers, first to last",
    );
  }
  return list;
}

/** A parameter's name in the whole model. */
export const inside = (module: string, parameter: string): string =>
  module === "" ? parameter : `${module}.${parameter}`;
