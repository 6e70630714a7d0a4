import { ArgumentError } from "@unrolled/backend";
import type { NamedTensors, TensorRecord } from "../graph/trace.js";
import { Tensor } from "../tensor.js";

/** What `state` or `constants` names, as a list. */
export function sourcesOf(
  option: "state" | "constants",
  given: NamedTensors | readonly NamedTensors[] | undefined,
): readonly NamedTensors[] {
  const list: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given];
  for (const source of list) {
    if (typeof (source as Partial<NamedTensors> | null)?.namedTensors === "function") continue;
    throw new ArgumentError(
      "compile",
      `${option} has ${source === null ? "null" : `a ${typeof source}`} in it, which names no tensors`,
      "give modules and optimisers: { state: [model, optimizer] }",
    );
  }
  return list as readonly NamedTensors[];
}

/** What a step returned, outputs by name; `sole` names a tensor that stands alone. */
export function outputsOf(result: unknown, sole: string): TensorRecord {
  if (result instanceof Tensor) return { [sole]: result };
  const record = typeof result === "object" && result !== null && !Array.isArray(result) ? result : {};
  const values: readonly unknown[] = Object.values(record);
  if (values.length > 0 && values.every((value) => value instanceof Tensor)) return record as TensorRecord;
  throw new ArgumentError(
    "compile",
    "the step returned neither a tensor nor a record of tensors",
    "return the loss, or several outputs by name: { loss, prediction }",
  );
}

/** The batches of an epoch, each a list of inputs. */
export function batchesOf<A extends readonly Tensor[]>(batches: Iterable<A>): A[] {
  const remedy = "give an array or a synchronous iterable of lists: [[x, y], [x, y]]";
  if (typeof (batches as Partial<Iterable<A>> | null | undefined)?.[Symbol.iterator] !== "function") {
    throw new ArgumentError("epoch", "the batches are not iterable", remedy);
  }
  const list = [...batches];
  if (!list.every((inputs) => Array.isArray(inputs))) {
    throw new ArgumentError("epoch", "a batch is no list of inputs", remedy);
  }
  return list;
}
