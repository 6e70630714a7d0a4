import { GraphError } from "@unrolled/backend";
import { Module, type Parameter } from "@unrolled/nn";

/** Part of a dotted name: `lstm` of `lstm.weight_ih_l0`. It holds parameters and computes nothing. */
export class NameSpace extends Module {
  override forward(): never {
    throw new GraphError("forward", "this part of an imported model only holds weights", "call the model itself");
  }
}

function define(module: Module, key: string, value: Module | Parameter): void {
  Object.defineProperty(module, key, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * Registers a parameter under a dotted name, with a module for each part before a dot, so that parts can be frozen:
 * `model.getSubmodule("lstm").requiresGrad_(false)`. Returns the name, with a number behind it where a property of a module
 * has that one.
 */
export function registerWeight(root: Module, name: string, weight: Parameter): string {
  const parts = name.split(".");
  let module = root;
  let at = 0;
  for (; at < parts.length - 1; at++) {
    const found = Object.hasOwn(module, parts[at]) ? Reflect.get(module, parts[at]) : undefined;
    if (found instanceof NameSpace) module = found;
    else if (parts[at] === "" || parts[at] in module) break;
    else {
      const inner = new NameSpace();
      define(module, parts[at], inner);
      module = inner;
    }
  }
  const wanted = parts.slice(at).join(".");
  let key = wanted;
  for (let i = 1; key in module; i++) key = `${wanted}_${i}`;
  define(module, key, weight);
  return [...parts.slice(0, at), key].join(".");
}
