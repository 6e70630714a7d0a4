import type { NamedTensors } from "../graph/trace.js";
import { sourcesOf } from "./requirements.js";

/**
 * Brings the tensors of modules and optimisers back from whatever compiled steps have them: `await step.sync()` for code that has the
 * model and not the step. Nothing is lost with a step that went out of scope, as the model keeps it until then.
 *
 * @throws ArgumentError for what names no tensors
 * @example
 * await syncState([model, optimizer]);
 */
export async function syncState(state: NamedTensors | readonly NamedTensors[]): Promise<void> {
  const syncs = new Set<() => Promise<void>>();
  for (const source of sourcesOf("syncState", "state", state))
    for (const [, { away }] of source.namedTensors()) if (away !== null) syncs.add(away.sync);
  for (const sync of syncs) await sync();
}
