import { type Backend, type HostTensor, type Meta, type TypedArray, UnrolledError } from "@unrolled/backend";
import { checkKind, checkSame, checkValues, type Place } from "../assert/compare.js";
import { ConformanceError } from "../assert/conformance-error.js";
import type { Tolerance } from "../assert/tolerance.js";
import type { Handles } from "../erased.js";

export interface Expected {
  readonly values: ArrayLike<number>;
  readonly tolerance: Tolerance;
}

export interface KernelRun {
  readonly place: Place;
  readonly inputs: readonly (HostTensor | null)[];
  readonly out: readonly (Meta | null)[];
  readonly expected: readonly (Expected | null)[];
  readonly invoke: (inputs: Handles) => Handles;
}

/** Uploads inputs, runs `body`, and frees them after a look that they are as they were. */
export async function withInputs<T>(
  backend: Backend,
  place: Place,
  inputs: readonly (HostTensor | null)[],
  body: (handles: Handles) => T | Promise<T>,
): Promise<T> {
  const handles = inputs.map((x) => x && backend.upload(x.data, x.shape, x.dtype));
  const result = await body(handles);
  await checkInputs(backend, place, inputs, handles);
  for (const handle of handles) if (handle) backend.free(handle);
  return result;
}

async function checkInputs(
  backend: Backend,
  place: Place,
  inputs: readonly (HostTensor | null)[],
  handles: Handles,
): Promise<void> {
  for (const [i, x] of inputs.entries()) {
    const handle = handles[i];
    if (!x || !handle) continue;
    checkSame(place, "inputs", `input ${i} after the call`, await backend.read(handle, x), x.data, x.shape);
  }
}

/** Raises if `body` leaves more or fewer live buffers than it found. */
export async function balanced(backend: Backend, place: Place, body: () => Promise<void>): Promise<void> {
  await backend.sync();
  const before = backend.memory();
  await body();
  await backend.sync();
  const after = backend.memory();
  if (after.buffers !== before.buffers || after.bytes !== before.bytes) {
    const problem = `${after.buffers - before.buffers} buffers (${after.bytes - before.bytes} bytes) are left over`;
    throw new ConformanceError({ ...place, check: "memory", problem, expected: before, actual: after });
  }
}

/**
 * Runs a kernel (twice where the backend calls itself deterministic) and holds its outputs against what is expected. Outputs are
 * read after the inputs are freed, so that one which shares an input's memory without counting it is found out.
 */
export async function runKernel(backend: Backend, { place, inputs, out, expected, invoke }: KernelRun): Promise<void> {
  await balanced(backend, place, async () => {
    const results = await withInputs(backend, place, inputs, async (handles) => {
      const first = guarded(place, () => invoke(handles));
      if (!backend.capabilities.deterministic) return [first];
      await checkInputs(backend, place, inputs, handles); // before a second run can undo what the first has done
      return [first, guarded(place, () => invoke(handles))];
    });
    for (const result of results) checkCount(place, result, out);
    for (const [i, meta] of out.entries()) await checkOutput(backend, place, i, meta, results, expected[i]);
  });
}

async function checkOutput(
  backend: Backend,
  place: Place,
  i: number,
  meta: Meta | null,
  results: readonly Handles[],
  expected: Expected | null,
): Promise<void> {
  let first: TypedArray | null = null;
  for (const result of results) {
    const handle = result[i];
    if (!handle || !meta) continue;
    const data = await readBoth(backend, place, `output ${i}`, handle, meta);
    if (first) checkSame(place, "repeat", `output ${i} of a second run`, data, first, meta.shape);
    else if (expected) checkValues(place, `output ${i}`, data, expected.values, meta, expected.tolerance);
    first ??= data;
    backend.free(handle);
  }
}

function checkCount(place: Place, results: Handles, out: readonly (Meta | null)[]): void {
  const given = results.map((handle) => handle !== null);
  const wanted = out.map((meta) => meta !== null);
  if (given.length !== wanted.length || given.some((present, i) => present !== wanted[i])) {
    const problem = "the outputs that are present are not those of the table";
    throw new ConformanceError({ ...place, check: "contract", problem, expected: wanted, actual: given });
  }
}

/** Reads by `read`, and by `readSync` where there is one, and holds one against the other. */
export async function readBoth(
  backend: Backend,
  place: Place,
  what: string,
  handle: object,
  meta: Meta,
): Promise<TypedArray> {
  const data = await guardedAsync(place, () => backend.read(handle, meta));
  checkKind(place, what, data, meta);
  if (backend.readSync) {
    const now = guarded(place, () => backend.readSync?.(handle, meta) ?? data);
    checkKind(place, `${what} by readSync`, now, meta);
    checkSame(place, "readSync", `${what} by readSync`, now, data, meta.shape);
  }
  return data;
}

/** Names the case in whatever a backend raises. */
export function guarded<T>(place: Place, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    throw raised(place, cause);
  }
}

export async function guardedAsync<T>(place: Place, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    throw raised(place, cause);
  }
}

function raised(place: Place, cause: unknown): ConformanceError {
  if (cause instanceof ConformanceError) return cause;
  const problem = `raised ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`;
  return new ConformanceError({ ...place, check: "raises", problem, actual: cause, cause });
}

/** Raises unless `body` does so with an error of that name. */
export async function mustRaise(
  place: Place,
  check: "raises" | "dispose",
  what: string,
  errorName: string,
  body: () => unknown,
): Promise<void> {
  let actual: unknown;
  try {
    await body();
  } catch (error) {
    if (UnrolledError.is(error) && error.name === errorName) return;
    actual = error;
  }
  const got = actual === undefined ? "nothing is raised" : `got ${String(actual)}`;
  throw new ConformanceError({ ...place, check, problem: `${what}: ${got}`, expected: errorName, actual });
}
