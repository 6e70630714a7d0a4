import { Code } from "../encode/code.js";
import type { ModuleBuilder } from "../encode/module.js";
import { type VectorFunction, vectorFunctions } from "./math.js";

const unary = { parameters: ["f64"], results: ["f64"] } as const;
const vectorUnary = { parameters: ["v128"], results: ["v128"] } as const;

/** JavaScript functions of one number that emitted code may call. */
export type HostFunction = "sin" | "cos" | "erf";
const hostFunctions: readonly HostFunction[] = ["sin", "cos", "erf"];

/** Kernels of the WebAssembly module that works in the same memory. All of their arguments are i32, and they return nothing. */
export type KernelName =
  | "matmul"
  | "batchedMatmul"
  | "sumRows"
  | "sumColumns"
  | "maxRows"
  | "maxColumns"
  | "softmaxRows"
  | "logSoftmaxRows"
  | "softmaxGradientRows"
  | "logSoftmaxGradientRows"
  | "crossEntropyRows"
  | "crossEntropyGradientRows"
  | "layerNormRows"
  | "layerNormGradientRows"
  | "layerNormSums"
  | "rnnForward"
  | "rnnBackward"
  | "lstmForward"
  | "lstmBackward"
  | "gruForward"
  | "gruBackward";
const kernelNames: readonly KernelName[] = [
  "matmul",
  "batchedMatmul",
  "sumRows",
  "sumColumns",
  "maxRows",
  "maxColumns",
  "softmaxRows",
  "logSoftmaxRows",
  "softmaxGradientRows",
  "logSoftmaxGradientRows",
  "crossEntropyRows",
  "crossEntropyGradientRows",
  "layerNormRows",
  "layerNormGradientRows",
  "layerNormSums",
  "rnnForward",
  "rnnBackward",
  "lstmForward",
  "lstmBackward",
  "gruForward",
  "gruBackward",
];

/** The functions that emitted code calls, defined when they are first asked for. */
export class Library {
  readonly #builder: ModuleBuilder;
  readonly #vector = new Map<VectorFunction, number>();
  readonly host: number;
  readonly #hostFunctions = new Map<HostFunction, number>();
  readonly #kernels = new Map<KernelName, number>();

  constructor(builder: ModuleBuilder, kernels: Readonly<Record<KernelName, unknown>>) {
    this.#builder = builder;
    this.host = builder.import("host", ["i32"], []);
    for (const name of hostFunctions)
      this.#hostFunctions.set(name, builder.import(name, unary.parameters, unary.results));
    for (const name of kernelNames) {
      const { length } = kernels[name] as { readonly length: number };
      const parameters = new Array<"i32">(length).fill("i32");
      this.#kernels.set(name, builder.import(name, parameters, []));
    }
  }

  kernel(name: KernelName): number {
    return this.#kernels.get(name) as number;
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
