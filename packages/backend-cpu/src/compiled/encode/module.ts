import { Bytes } from "./bytes.js";
import type { Code } from "./code.js";
import { type ValueType, valueTypes } from "./opcodes.js";

interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

interface ImportedFunction {
  readonly name: string;
  readonly type: number;
}

const mostPages = 65536;

/** A WebAssembly module: one imported memory, imported functions, functions of its own. All imports are of "env". */
export class ModuleBuilder {
  readonly #shared: boolean;
  readonly #types = new Map<string, { readonly index: number; readonly signature: Signature }>();
  readonly #imports: ImportedFunction[] = [];
  readonly #functions: { readonly type: number; code: Code | null }[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];

  /** @param shared whether the memory is shared between threads */
  constructor(shared: boolean) {
    this.#shared = shared;
  }

  /** The number of an imported function. All must be imported before the first `declare`. */
  import(name: string, parameters: readonly ValueType[], results: readonly ValueType[]): number {
    const known = this.#imports.findIndex((one) => one.name === name);
    if (known >= 0) return known;
    this.#imports.push({ name, type: this.#type({ parameters, results }) });
    return this.#imports.length - 1;
  }

  /** The number of a function that is defined later. */
  declare(signature: Signature): number {
    this.#functions.push({ type: this.#type(signature), code: null });
    return this.#imports.length + this.#functions.length - 1;
  }

  define(index: number, code: Code): void {
    this.#functions[index - this.#imports.length].code = code;
  }

  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Bytes().bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, content: Bytes): void => {
      out.byte(id).sized(content);
    };
    const types = new Bytes().u32(this.#types.size);
    for (const { signature } of this.#types.values()) {
      types.byte(0x60);
      for (const list of [signature.parameters, signature.results])
        types.u32(list.length).bytes(list.map((type) => valueTypes[type]));
    }
    section(1, types);
    const imports = new Bytes().u32(this.#imports.length + 1);
    imports
      .name("env")
      .name("memory")
      .byte(2)
      .byte(this.#shared ? 3 : 1)
      .u32(1)
      .u32(mostPages);
    for (const { name, type } of this.#imports) imports.name("env").name(name).byte(0).u32(type);
    section(2, imports);
    const declared = new Bytes().u32(this.#functions.length);
    for (const { type } of this.#functions) declared.u32(type);
    section(3, declared);
    const exported = new Bytes().u32(this.#exports.length);
    for (const { name, index } of this.#exports) exported.name(name).byte(0).u32(index);
    section(7, exported);
    const bodies = new Bytes().u32(this.#functions.length);
    for (const { code } of this.#functions) {
      if (code === null) throw new Error("a declared function was not defined");
      bodies.sized(code.finish());
    }
    section(10, bodies);
    return out.view();
  }

  #type(signature: Signature): number {
    const key = `${signature.parameters.join()}:${signature.results.join()}`;
    const known = this.#types.get(key);
    if (known) return known.index;
    const index = this.#types.size;
    this.#types.set(key, { index, signature });
    return index;
  }
}
