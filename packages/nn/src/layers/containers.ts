import { ArgumentError } from "@unrolled/backend";
import { Tensor } from "@unrolled/core";
import { Module } from "../module.js";

/** A module from one tensor to one tensor. */
export type Layer = Module & { forward(x: Tensor): Tensor };

/** Modules by number, named "0", "1", ... in a state dict. */
abstract class NumberedModules<M extends Module> extends Module {
  [index: number]: M;

  /** How many there are. */
  get length(): number {
    let count = 0;
    while (Object.hasOwn(this, count)) count++;
    return count;
  }

  *[Symbol.iterator](): Generator<M> {
    for (let i = 0; i < this.length; i++) yield this[i];
  }

  /** The module at a place; negative places count from the end. Undefined where there is none. */
  at(index: number): M | undefined {
    return [...this].at(index);
  }

  /** Adds a module at the end. Make the optimiser afterwards. */
  append(module: M): this {
    if (!(module instanceof Module))
      throw new ArgumentError(
        "append",
        `${typeof module} is no module`,
        "give an object of a class that extends Module",
      );
    this[this.length] = module;
    return this;
  }

  /** Adds modules at the end, in their order. */
  extend(modules: Iterable<M>): this {
    for (const module of [...modules]) this.append(module);
    return this;
  }
}

/**
 * Modules one after another, as torch.nn.Sequential: each gets the output of the one before. Parameters are named
 * `0.weight`, `1.bias`, ... Index it, iterate it, `append` to it.
 *
 * A module that returns more than a tensor, such as LSTM, does not fit: write a Module whose forward picks the output.
 *
 * @example
 * new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1)).forward(zeros([5, 2])); // [5, 1]
 */
export class Sequential extends NumberedModules<Layer> {
  constructor(...modules: readonly Layer[]) {
    super();
    this.extend(modules);
  }

  /** @throws ArgumentError if a module returns something other than a tensor */
  override forward(x: Tensor): Tensor {
    let out = x;
    for (const [i, module] of [...this].entries()) {
      const result: unknown = module.forward(out);
      if (!(result instanceof Tensor)) {
        throw new ArgumentError(
          "Sequential",
          `module ${i} returned no single tensor`,
          "write a Module whose forward picks the output from what it returns",
        );
      }
      out = result;
    }
    return out;
  }
}

/**
 * A list of modules for your own forward to loop over, as torch.nn.ModuleList. A plain array of modules in a property is
 * registered just as well, under the same names.
 *
 * @example
 * const layers = new ModuleList([new Linear(2, 2), new Linear(2, 2)]); // layers.0.weight, ...
 */
export class ModuleList<M extends Module = Module> extends NumberedModules<M> {
  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }

  /** @throws ArgumentError always: a list says nothing of how its modules are run */
  override forward(): never {
    throw new ArgumentError("ModuleList", "a list has no forward", "loop over its modules, or use Sequential");
  }
}

/**
 * Modules by name for your own forward to pick from, as torch.nn.ModuleDict. Names may not hold dots, nor be those of a
 * Module's own methods. State dicts list names in order of insertion, numbers first.
 *
 * @example
 * const heads = new ModuleDict({ mean: new Linear(8, 1), scale: new Linear(8, 1) }); // heads.mean.weight, ...
 */
export class ModuleDict<M extends Module = Module> extends Module {
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    for (const [name, module] of Object.entries(modules)) this.set(name, module);
  }

  /**
   * Adds a module, or puts it in place of the one of that name.
   *
   * @throws ArgumentError for what is no module, and for a name with dots or of a method of Module
   */
  set(name: string, module: M): this {
    if (!(module instanceof Module)) {
      throw new ArgumentError("ModuleDict", `${name} is no module`, "give an object of a class that extends Module");
    }
    if (name === "" || name.includes(".") || (name in this && !this.has(name)))
      throw new ArgumentError("ModuleDict", `the name "${name}"`, "use one without dots that no method of Module has");
    Object.defineProperty(this, name, { value: module, writable: true, enumerable: true, configurable: true });
    return this;
  }

  /** Whether there is a module of that name. */
  has(name: string): boolean {
    return new Map(this.entries()).has(name);
  }

  /**
   * The module of that name.
   *
   * @throws ArgumentError that lists the names there are
   */
  get(name: string): M {
    const modules = new Map(this.entries());
    const module = modules.get(name);
    if (module) return module;
    throw new ArgumentError("ModuleDict", `no module "${name}"`, `the names are ${[...modules.keys()].join(", ")}`);
  }

  /** Names and modules. */
  *entries(): Generator<readonly [name: string, module: M]> {
    for (const [name, module] of this.namedChildren()) yield [name, module as M];
  }

  /** @throws ArgumentError always: a record says nothing of how its modules are run */
  override forward(): never {
    throw new ArgumentError("ModuleDict", "a record has no forward", "pick a module with get(name)");
  }
}
