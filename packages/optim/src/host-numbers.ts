import { hostInput, hostName, type Tensor } from "@unrolled/core";

/** A number in tensor ops, from the step's number (1, 2, ...) and the group's rate, float64 and 0-d. */
export type NumberRule = (step: Tensor, rate: Tensor) => Tensor;

/** Numbers of a group that are the same for all of its parameters, however many steps each has seen. */
const ofGroup: ReadonlySet<string> = new Set(["lr", "shrink"]);

export interface HostNumbers<K extends string> {
  readonly parameter: Tensor;
  /** The optimiser that asks, and what it is called. */
  readonly owner: { readonly name: string };
  readonly group: number;
  /** Apart from others whose parameters have seen as many steps: 0 for the first, 1, ... */
  readonly count: number;
  /** Of parameters in another dtype than the group's first. */
  readonly otherDType: boolean;
  readonly names: readonly K[];
  readonly rules: { readonly [N in K]?: NumberRule };
  /** The numbers of the next step. */
  next(): Readonly<Record<K, number>>;
  rate(): number;
  /** How many steps there were. */
  steps(): number;
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Numbers of a traced step: those that are read become inputs, which the host fills anew for every run. */
export function hostNumbers<K extends string>(of: HostNumbers<K>): Readonly<Record<K, Tensor>> {
  const { parameter, names, rules } = of;
  const prefix = `${hostName(parameter, of.owner.name, of.owner)}.${of.group}`;
  const rate = { name: `${prefix}.lr`, now: () => of.rate() };
  const input = (key: K): Tensor => {
    const isOfGroup = ofGroup.has(key);
    const count = isOfGroup || of.count === 0 ? "" : `_${of.count}`;
    const dtype = of.otherDType ? `_${parameter.dtype}` : "";
    const rule = rules[key];
    return hostInput(() => of.next()[key], [], {
      name: `${prefix}.${snakeCase(key)}${count}${dtype}`,
      dtype: parameter.dtype,
      backend: parameter.backend,
      mayFreeze: isOfGroup,
      ...(rule && { rate, fromStep: (run: Tensor, lr: Tensor) => rule(later(run, of.steps()), lr) }),
    });
  };
  return Object.defineProperties(
    {} as Record<K, Tensor>,
    Object.fromEntries(names.map((key) => [key, { enumerable: true, get: () => input(key) }])),
  );
}

function later(run: Tensor, steps: number): Tensor {
  return steps === 0 ? run : run.add(steps);
}
