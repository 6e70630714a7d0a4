import { ArgumentError, type HostTensor, sameShape, type TypedArray, UnrolledError } from "@unrolled/backend";
import { describeValue, type NestedArray, noGrad, scope, Tensor, tensor } from "@unrolled/core";
import { type Misshaped, StateDictError } from "./state-dict-error.js";

/** Tensors by dotted name, as PyTorch names them. */
export type StateDict = Record<string, Tensor>;

/** One value: a tensor; elements with their shape, as files and compiled programs have them; nested arrays; or flat data of the parameter's own shape. */
type Loadable = Tensor | HostTensor | NestedArray | TypedArray;

/** What can be loaded, by dotted name. */
export type LoadableStateDict = Readonly<Record<string, Tensor | HostTensor | NestedArray | TypedArray>>;

function isHostTensor(value: HostTensor | NestedArray): value is HostTensor {
  return typeof value === "object" && "data" in value && "shape" in value;
}

/** Options of `Module.loadStateDict`. */
export interface LoadOptions {
  /** Refuse missing and unexpected keys. Default true. Shapes are always checked. */
  readonly strict?: boolean;
}

/** What `Module.loadStateDict` did not find, and did not use. */
export interface LoadResult {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

const ofHost = ({ data, shape, dtype }: HostTensor, backend: Tensor["backend"]): Tensor =>
  tensor(data, { shape, dtype, backend });

/** What does not fit; filled while a state is looked through. */
interface Problems {
  readonly misshaped: Misshaped[];
  readonly others: string[];
}

function prepare(key: string, value: Loadable, target: Tensor, { misshaped, others }: Problems): Tensor | null {
  let source: Tensor;
  try {
    const { dtype, backend } = target;
    if (value instanceof Tensor) source = value;
    else if (ArrayBuffer.isView(value)) source = tensor(value as TypedArray, { dtype, backend, shape: target.shape });
    else if (isHostTensor(value as HostTensor | NestedArray)) source = ofHost(value as HostTensor, backend);
    else source = tensor(value as NestedArray, { dtype, backend });
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    others.push(`${key}: ${error.message}`);
    return null;
  }
  if (source.isDisposed) {
    others.push(`${key} was disposed of`);
    return null;
  }
  if (source.backend !== target.backend) {
    others.push(`${key} is on ${source.backend.name}, the model on ${target.backend.name}: move it with to(backend)`);
    return null;
  }
  if (!sameShape(source.shape, target.shape)) {
    misshaped.push({ key, inFile: source.shape, inModel: target.shape });
    return null;
  }
  return source;
}

/**
 * Copies values into named tensors, all or nothing.
 *
 * @throws StateDictError that lists every missing, unexpected, mis-shaped and misplaced key
 */
export function loadInto(
  targets: ReadonlyMap<string, Tensor>,
  values: LoadableStateDict,
  { strict = true }: LoadOptions = {},
): LoadResult {
  return scope((): LoadResult => load(targets, values, strict));
}

function load(targets: ReadonlyMap<string, Tensor>, values: LoadableStateDict, strict: boolean): LoadResult {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new ArgumentError(
      "loadStateDict",
      `the state is ${describeValue(values)}`,
      "give tensors by name, such as model.stateDict()",
    );
  }
  const missing = [...targets.keys()].filter((key) => !Object.hasOwn(values, key));
  const unexpected = Object.keys(values).filter((key) => !targets.has(key));
  const problems: Problems = { misshaped: [], others: [] };
  const loads: [Tensor, Tensor][] = [];
  for (const [key, target] of targets) {
    if (!Object.hasOwn(values, key)) continue;
    const source = prepare(key, values[key], target, problems);
    if (source !== null) loads.push([target, source]);
  }
  const { misshaped, others } = problems;
  const refused = { missing: strict ? missing : [], unexpected: strict ? unexpected : [], misshaped };
  if ([...Object.values(refused), others].some((list) => list.length > 0)) {
    throw new StateDictError("loadStateDict", refused, {
      others,
      remedy: "use the architecture that was saved, or { strict: false } to skip keys (never shapes)",
    });
  }
  noGrad(() => {
    for (const [target, source] of loads) target.assign_(source.cast(target.dtype));
  });
  return { missing, unexpected };
}
