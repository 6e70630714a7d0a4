import { ArgumentError } from "@unrolled/backend";
import type { Module } from "@unrolled/nn";
import type { ModuleCodec, StockCodec } from "./codec.js";
import { stockEntries } from "./stock-codecs.js";

interface Entry {
  readonly name: string;
  readonly type: abstract new (...args: never[]) => Module;
  readonly codec: ModuleCodec<Module>;
  /** Null for users' classes, whose sizes nobody but they can tell. */
  readonly elements: StockCodec["elements"] | null;
}

const registered: Map<string, Entry> = new Map<string, Entry>(
  [...stockEntries].map(([name, { type, codec }]) => [name, { name, type, codec, elements: codec.elements }]),
);

const op = "registerModule";

/**
 * Tells `saveModel` and `loadModel` of a class of your own: under which name its objects are saved, and how they are made anew.
 * No file can name any other class. Call it once, beside the class. A class whose constructor takes nothing needs no more than
 * its name.
 *
 * @throws ArgumentError if another class has the name
 * @example
 * class Net extends Module {
 *   lstm: LSTM;
 *   head: Linear;
 *   constructor(readonly hidden: number) {
 *     super();
 *     this.lstm = new LSTM(1, hidden, { batchFirst: true });
 *     this.head = new Linear(hidden, 1);
 *   }
 *   forward(x: Tensor): Tensor {
 *     return this.head.forward(this.lstm.forward(x)[0].select(1, -1));
 *   }
 * }
 * registerModule("Net", Net, {
 *   toConfig: ({ hidden }) => ({ hidden }),
 *   fromConfig: ({ hidden }) => new Net(Number(hidden)),
 * });
 */
export function registerModule<M extends Module>(name: string, type: new () => M): void;
export function registerModule<M extends Module>(
  name: string,
  type: abstract new (...args: never[]) => M,
  codec: ModuleCodec<M>,
): void;
export function registerModule<M extends Module>(
  name: string,
  type: abstract new (...args: never[]) => M,
  codec: ModuleCodec<M> = { toConfig: () => ({}), fromConfig: () => new (type as unknown as new () => M)() },
): void {
  if (typeof name !== "string" || name === "")
    throw new ArgumentError(op, `the name ${JSON.stringify(name)}`, "give a name, such as the class's");
  const taken = registered.get(name);
  if (taken !== undefined && (taken.elements !== null || taken.type !== type))
    throw new ArgumentError(op, `"${name}" is the name of another class`, 'choose one of your own, such as "my.Net"');
  registered.set(name, { name, type, codec: codec as unknown as ModuleCodec<Module>, elements: null });
}

export function entryNamed(name: string): Entry | undefined {
  return registered.get(name);
}

/** The entry of an object's own class; that of a class it extends would lose what the class adds. */
export function entryOf(module: Module): Entry | undefined {
  return [...registered.values()].find(({ type }) => type === module.constructor);
}
