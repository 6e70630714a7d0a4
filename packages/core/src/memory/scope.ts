import type { Backend } from "@unrolled/backend";
import { refusePromise, requireFunction } from "../engine.js";
import type { Tensor } from "../tensor.js";
import { releaseBuffer } from "./references.js";

/** What the finaliser needs of a tensor that is gone: its buffer, kept up to date by the tensor. */
export interface BufferHold {
  readonly backend: Backend;
  buffer: object | null;
}

const warnAtLiveTensors = 20_000;
const warnAtLeakingPasses = 100;
/** A loop may well keep a loss and a metric of each step. */
const keptOfAPass = 2;
const scopes: Tensor[][] = [];
let liveTensors = 0;
let leakingPasses = 0;
let liveAtLastPass = 0;
let warned = false;

const finalizer = new FinalizationRegistry<BufferHold>((hold) => {
  if (hold.buffer === null) return;
  liveTensors--;
  releaseBuffer(hold.backend, hold.buffer);
  hold.buffer = null;
});

/** Called for each tensor that comes to a backend whose buffers need freeing; `scoped` puts it into the open scope. */
export function trackDeviceTensor(tensor: Tensor, hold: BufferHold, scoped: boolean): void {
  finalizer.register(tensor, hold, hold);
  liveTensors++;
  if (!scoped) return;
  if (scopes.length > 0) {
    scopes[scopes.length - 1].push(tensor);
    return;
  }
  if (liveTensors > warnAtLiveTensors) warn(hold.backend, "");
}

/** Called for each backward pass on a device, whose forward pass leaves its tensors to the scope around, if there is one. */
export function noteBackwardPass(backend: Backend): void {
  if (scopes.length > 0) return;
  const more = liveTensors - liveAtLastPass;
  liveAtLastPass = liveTensors;
  leakingPasses = more > keptOfAPass ? leakingPasses + 1 : 0;
  if (leakingPasses > warnAtLeakingPasses)
    warn(backend, `; each of the last ${leakingPasses} backward passes left some, the last one ${more}`);
}

function warn(backend: Backend, growth: string): void {
  if (warned) return;
  warned = true;
  console.warn(
    `unrolled: ${liveTensors} tensors are alive on ${backend.name}, made outside any scope${growth}. ` +
      "JavaScript cannot free them inside a synchronous loop, and frees few in others: wrap each iteration in " +
      "scope(() => ...), use optimizer.step(() => loss), or dispose() them.",
  );
}

/** Called when a tensor lets go of its buffer by itself: an entry left in the registry would outlive any synchronous loop. */
export function untrackDeviceTensor(hold: BufferHold): void {
  finalizer.unregister(hold);
  liveTensors--;
}

/** Tensors reachable from what a scope returned: tensors, arrays and plain objects of them. */
function collect(value: unknown, into: Set<unknown>): void {
  if (typeof value !== "object" || value === null || into.has(value)) return;
  into.add(value);
  if (("dtype" in value && "shape" in value) || ArrayBuffer.isView(value)) return;
  for (const item of Array.isArray(value) ? value : Object.values(value)) collect(item, into);
}

/**
 * Runs a synchronous function and frees every tensor that it made on a device backend and did not return, also when it throws.
 * Parameters updated in place and gradients stored in `.grad` stay. On the CPU the garbage collector does this by itself.
 *
 * @returns what `fn` returns; tensors inside arrays and plain objects stay alive and belong to the enclosing scope
 * @throws ArgumentError if `fn` is asynchronous, or no function
 * @example
 * const loss = scope(() => mseLoss(model.forward(x), y).item());
 */
export function scope<R>(fn: () => R extends PromiseLike<unknown> ? never : R): R {
  requireFunction("scope", fn);
  const created: Tensor[] = [];
  scopes.push(created);
  let keep: Set<unknown> | undefined;
  try {
    const result = refusePromise("scope", fn() as R);
    if (created.length > 0) {
      keep = new Set();
      collect(result, keep);
    }
    return result;
  } finally {
    if (scopes[scopes.length - 1] === created) scopes.pop();
    else scopes.splice(scopes.lastIndexOf(created), 1);
    if (created.length > 0) free(created, keep);
  }
}

/** Frees what a scope has made, but what it keeps, which belongs to the scope around from here on. */
function free(created: readonly Tensor[], keep: ReadonlySet<unknown> | undefined): void {
  const outer = scopes[scopes.length - 1];
  for (const tensor of created) {
    if (tensor.kept) continue;
    if (keep?.has(tensor)) outer?.push(tensor);
    else tensor.dispose();
  }
}

/** Takes a tensor out of every scope: it lives until it is disposed of or collected. */
export function keep<T extends Tensor>(tensor: T): T {
  tensor.kept = true;
  return tensor;
}
