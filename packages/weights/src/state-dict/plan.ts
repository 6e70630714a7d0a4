import { ArgumentError, type HostTensor, requireKnownOptions, sameShape } from "@unrolled/backend";
import { scope, type Tensor, tensor } from "@unrolled/core";
import { type LoadReport, type LoadWords, type Misshaped, type Module, StateDictError } from "@unrolled/nn";

/** Options of functions that load weights into a module. */
export interface LoadWeightsOptions {
  /** Refuse missing and unexpected keys. Default true. Mis-shaped ones are refused either way, as in PyTorch. */
  readonly strict?: boolean;
  /** Leave mis-shaped keys as they are in the model, and report them: for another head on the same body. Default false. */
  readonly skipMisshaped?: boolean;
  /** Load only the keys that begin with this, without it: "module." or "encoder.". Default "". */
  readonly prefix?: string;
  /** New names by the file's (less prefix), or a function that gives them; null leaves a key out. Others keep theirs. */
  readonly map?: Readonly<Record<string, string | null>> | ((key: string) => string | null);
}

/** Names in the model by keys of the file. */
export type Plan = ReadonlyMap<string, string>;

const stateDictWords: LoadWords = {
  remedy:
    "use the architecture that was saved; rename keys with { prefix } or { map }; { strict: false } passes over missing and unexpected ones, { skipMisshaped: true } over mis-shaped ones",
};

function nameInModel(key: string, { prefix = "", map = {} }: LoadWeightsOptions): string | null {
  if (!key.startsWith(prefix)) return null;
  const name = key.slice(prefix.length);
  if (typeof map === "function") return map(name);
  return Object.hasOwn(map, name) ? map[name] : name;
}

/** A module's shapes under every name, those of tied weights too. */
export function shapesOf(module: Module): Map<string, readonly number[]> {
  return scope(() => new Map(Object.entries(module.stateDict()).map(([name, { shape }]) => [name, shape])));
}

/**
 * Compares a file's keys and shapes with a module's, before anything is read or changed.
 *
 * @throws StateDictError that lists what does not fit and may not be passed over
 */
export function planLoad(
  op: string,
  module: Module,
  shapes: ReadonlyMap<string, readonly number[]>,
  options: LoadWeightsOptions,
  words: LoadWords = stateDictWords,
): { readonly plan: Plan; readonly report: LoadReport } {
  requireKnownOptions(op, options, ["strict", "skipMisshaped", "prefix", "map"]);
  const { strict = true, skipMisshaped = false } = options;
  const targets = shapesOf(module);
  const plan = new Map<string, string>();
  const sources = new Map<string, string>();
  const unexpected: string[] = [];
  const misshaped: Misshaped[] = [];
  for (const [key, shape] of shapes) {
    const name = nameInModel(key, options);
    if (name === null) continue;
    const twin = sources.get(name);
    if (twin !== undefined)
      throw new ArgumentError(
        op,
        `${twin} and ${key} would both become ${name}`,
        "give each a name of its own in { map }",
      );
    sources.set(name, key);
    const wanted = targets.get(name);
    if (wanted === undefined) unexpected.push(key);
    else if (!sameShape(shape, wanted)) misshaped.push({ key: name, inFile: shape, inModel: wanted });
    else plan.set(key, name);
  }
  const missing = [...targets.keys()].filter((name) => !sources.has(name));
  const report = { missing, unexpected, misshaped };
  const refused = {
    missing: strict ? missing : [],
    unexpected: strict ? unexpected : [],
    misshaped: skipMisshaped ? [] : misshaped,
  };
  if (Object.values(refused).some((keys) => keys.length > 0)) throw new StateDictError(op, refused, words);
  return { plan, report };
}

/** Puts host tensors in their places, cast to the module's dtypes. Names and shapes must be known to fit. */
export function assign(module: Module, values: ReadonlyMap<string, HostTensor>): void {
  scope((): void => {
    const targets = module.stateDict();
    const state = [...values].map(([name, { data, shape }]): [string, Tensor] => {
      const { dtype, backend } = targets[name];
      return [name, tensor(data, { shape, dtype, backend })];
    });
    module.loadStateDict(Object.fromEntries(state), { strict: false });
  });
}
