import { Code } from "../encode/code.js";
import type { ModuleBuilder } from "../encode/module.js";
import { type VectorFunction, vectorFunctions } from "./math.js";

const unary = { parameters: ["f64"], results: ["f64"] } as const;
const vectorUnary = { parameters: ["v128"], results: ["v128"] } as const;

/** JavaScript functions of one number that emitted code may call. */
export type HostFunction = "log" | "sin" | "cos" | "erf";
const hostFunctions: readonly HostFunction[] = ["log", "sin", "cos", "erf"];

/** The functions that emitted code calls, defined when they are first asked for. */
export class Library {
  readonly #builder: ModuleBuilder;
  readonly #vector = new Map<VectorFunction, number>();
  readonly host: number;
  readonly #hostFunctions = new Map<HostFunction, number>();

  constructor(builder: ModuleBuilder) {
    this.#builder = builder;
    this.host = builder.import("host", ["i32"], []);
    for (const name of hostFunctions)
      this.#hostFunctions.set(name, builder.import(name, unary.parameters, unary.results));
  }

  hostFunction(name: HostFunction): number {
    return this.#hostFunctions.get(name) as number;
  }

  /** exp, tanh or sigmoid of four float32. */
  vectorFunction(name: VectorFunction): number {
    const known = this.#vector.get(name);
    if (known !== undefined) return known;
    const index = this.#builder.declare(vectorUnary);
    this.#vector.set(name, index);
    const code = new Code(vectorUnary.parameters, vectorUnary.results);
    vectorFunctions[name](code, (other) => this.vectorFunction(other));
    this.#builder.define(index, code);
    return index;
  }
}
