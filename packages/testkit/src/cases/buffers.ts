import {
  allocate,
  type Backend,
  type DType,
  dtypes,
  formatShape,
  type HostTensor,
  type Meta,
  type Shape,
  type TypedArray,
} from "@unrolled/backend";
import { checkKind, checkSame, type Place } from "../assert/compare.js";
import { ConformanceError } from "../assert/conformance-error.js";
import { frozenCall, primitiveKernel } from "../erased.js";
import { random } from "../host.js";
import { primitiveReferences } from "../reference/primitives.js";
import type { CaseContext, ConformanceCase } from "./case.js";
import { missingDType } from "./op-case.js";
import { balanced, guarded, mustRaise, readBoth } from "./run-kernel.js";
import { every, shapes } from "./shapes.js";

function backendCase(
  name: string,
  run: (context: CaseContext, place: Place) => Promise<void>,
  inapplicable: (backend: Backend) => string | null = () => null,
): ConformanceCase {
  const full = `backend ${name}`;
  const place = { op: "backend", case: full };
  return { name: full, op: "backend", dtype: null, inapplicable, run: (context) => run(context, place) };
}

function require(place: Place, holds: boolean, problem: string, expected?: unknown, actual?: unknown): void {
  if (!holds) throw new ConformanceError({ ...place, check: "contract", problem, expected, actual });
}

const needs =
  (...metas: readonly Meta[]) =>
  (backend: Backend): string | null =>
    missingDType(backend, metas);

function put(backend: Backend, x: HostTensor): object {
  return backend.upload(x.data, x.shape, x.dtype);
}

const isComplete: ConformanceCase = backendCase("has every part of the contract", async ({ backend }, place) => {
  require(place, backend.contract === "v1", "contract is not v1", "v1", backend.contract);
  require(place, typeof backend.name === "string" && backend.name !== "", "has no name");
  for (const op of Object.keys(primitiveReferences)) {
    const kernel = (backend.kernels as unknown as Readonly<Record<string, unknown>>)[op];
    require(place, typeof kernel === "function", `has no kernel for ${op}`);
  }
  const { dtypes: held, readSync } = backend.capabilities;
  require(place, held.size > 0, "holds no dtype");
  for (const dtype of held) require(place, dtypes.includes(dtype), `names an unknown dtype ${dtype}`, dtypes, dtype);
  require(place, readSync === (backend.readSync !== undefined), "readSync and its capability differ", readSync);
});

function roundTrip(dtype: DType): ConformanceCase {
  const tensors = shapes.map((shape) => random("round trip", dtype, shape));
  return backendCase(
    `reads what was uploaded, ${dtype}`,
    async ({ backend }, place) => {
      for (const x of tensors) {
        await balanced(backend, place, async () => {
          const handle = put(backend, x);
          const data = await readBoth(backend, place, `[${x.shape.join(", ")}]`, handle, x);
          checkSame(place, "copy", "what is read", data, x.data, x.shape);
          backend.free(handle);
        });
      }
    },
    needs(...tensors),
  );
}

function keepsValues(dtype: DType): ConformanceCase {
  const nan = Number.NaN;
  const inf = Number.POSITIVE_INFINITY;
  const data = allocate(dtype, 6) as TypedArray;
  data.set([nan, inf, -inf, dtype === "float32" ? 3e38 : 1e308, dtype === "float32" ? -1.5e-38 : -1e-300, 0]);
  const x: HostTensor = { data, shape: [6], dtype };
  return backendCase(
    `keeps NaN, infinities and large numbers, ${dtype}`,
    async ({ backend }, place) => {
      const handle = put(backend, x);
      checkSame(place, "copy", "what is read", await backend.read(handle, x), x.data, x.shape);
      backend.free(handle);
    },
    needs(x),
  );
}

function uploadCopies(dtype: DType): ConformanceCase {
  const x = random("upload copies", dtype, [3, 5]);
  return backendCase(
    `upload copies, ${dtype}`,
    async ({ backend }, place) => {
      const data = x.data.slice();
      const handle = backend.upload(data, x.shape, x.dtype);
      data.fill(99);
      await backend.sync();
      checkSame(place, "copy", "a buffer whose host array changed", await backend.read(handle, x), x.data, x.shape);
      backend.free(handle);
    },
    needs(x),
  );
}

function uploadTakesViews(dtype: DType): ConformanceCase {
  const whole = random("upload view", dtype, [12]);
  const x: HostTensor = { data: whole.data.subarray(3, 9), shape: [2, 3], dtype };
  return backendCase(
    `upload takes a view of a larger array, ${dtype}`,
    async ({ backend }, place) => {
      const handle = put(backend, x);
      const data = await backend.read(handle, x);
      checkKind(place, "a view", data, x);
      checkSame(place, "copy", "a view", data, x.data, x.shape);
      backend.free(handle);
    },
    needs(x),
  );
}

/** A call of upload, and the class of the error that it must raise. */
type RefusedUpload = readonly [error: string, data: TypedArray, shape: Shape, dtype: DType];

function uploadRefuses(what: string, callsOn: (held: ReadonlySet<DType>) => readonly RefusedUpload[]): ConformanceCase {
  return backendCase(
    `upload refuses ${what}`,
    ({ backend }, place) =>
      balanced(backend, place, async () => {
        for (const [error, data, shape, dtype] of callsOn(backend.capabilities.dtypes)) {
          const call = `a ${data.constructor.name} of ${data.length} as ${dtype} ${formatShape(shape)}`;
          await mustRaise(place, "raises", call, error, () => backend.upload(data, shape, dtype));
        }
      }),
    needs({ shape: [], dtype: "float32" }),
  );
}

const refusedUploads: readonly ConformanceCase[] = [
  uploadRefuses("data that does not fill the shape", () => [
    ["ShapeError", Float32Array.of(1), [2], "float32"],
    ["ShapeError", Float32Array.of(1, 2, 3), [2], "float32"],
    ["ShapeError", Float32Array.of(1, 2), [], "float32"],
    ["ShapeError", new Float32Array(0), [1], "float32"],
    ["ShapeError", Float32Array.of(1), [3, 0], "float32"],
  ]),
  uploadRefuses("an array of another dtype", () => [
    ["DTypeError", Int32Array.of(1, 2), [2], "float32"],
    ["DTypeError", Float64Array.of(1, 2), [2], "float32"],
    ["DTypeError", Uint8Array.of(1, 0), [2], "float32"],
  ]),
  uploadRefuses("a dtype that the backend has not", (held) => [
    ...dtypes
      .filter((dtype) => !held.has(dtype))
      .map((dtype): RefusedUpload => ["DTypeError", allocate(dtype, 2) as TypedArray, [2], dtype]),
    ["DTypeError", Float32Array.of(1, 2), [2], "float16" as DType],
  ]),
];

function readCopies(dtype: DType): ConformanceCase {
  const x = random("read copies", dtype, [3, 5]);
  return backendCase(
    `read copies, ${dtype}`,
    async ({ backend }, place) => {
      const handle = put(backend, x);
      (await backend.read(handle, x)).fill(99);
      checkSame(place, "copy", "a buffer whose read array changed", await backend.read(handle, x), x.data, x.shape);
      if (backend.readSync) {
        backend.readSync(handle, x).fill(99);
        checkSame(
          place,
          "copy",
          "a buffer whose readSync array changed",
          await backend.read(handle, x),
          x.data,
          x.shape,
        );
      }
      backend.free(handle);
    },
    needs(x),
  );
}

function countsBuffers(dtype: DType): ConformanceCase {
  const x = random("counts", dtype, [3, 5]);
  return backendCase(
    `memory counts live buffers, ${dtype}`,
    async ({ backend }, place) => {
      const before = backend.memory();
      const handles = [put(backend, x), put(backend, x), put(backend, x)];
      const during = backend.memory();
      const added = during.buffers - before.buffers;
      require(place, added === 3, "three uploads are not three buffers", 3, added);
      require(place, during.bytes > before.bytes, "three uploads take no bytes", "more", during.bytes - before.bytes);
      for (const handle of handles) backend.free(handle);
      const after = backend.memory();
      require(place, after.buffers === before.buffers, "buffers stay after free", before.buffers, after.buffers);
      require(place, after.bytes === before.bytes, "bytes stay after free", before.bytes, after.bytes);
    },
    (backend) =>
      backend.capabilities.hostMemory ? "the garbage collector owns its buffers" : missingDType(backend, [x]),
  );
}

const countsNothing: ConformanceCase = backendCase(
  "memory counts nothing where the garbage collector frees",
  async ({ backend }, place) => {
    const x = random("counts nothing", "float32", [3, 5]);
    const handle = put(backend, x);
    require(place, backend.memory().buffers === 0, "memory counts buffers", 0, backend.memory().buffers);
    require(place, backend.memory().bytes === 0, "memory counts bytes", 0, backend.memory().bytes);
    backend.free(handle);
  },
  (backend) =>
    backend.capabilities.hostMemory
      ? missingDType(backend, [{ shape: [], dtype: "float32" }])
      : "its buffers wait for free",
);

/** Freeing an output of an op that changes nothing must leave its input, and the other way round is looked at by every op case. */
const sharesAreCounted: ConformanceCase = backendCase(
  "freeing an output that shares memory leaves its input",
  async ({ backend }, place) => {
    const x = random("share", "float32", [3, 5]);
    const calls = [
      { op: "reshape", attrs: { shape: [15] } },
      { op: "transpose", attrs: { perm: [0, 1] } },
      { op: "broadcast", attrs: { shape: [3, 5] } },
      { op: "slice", attrs: { starts: [0, 0], ends: [3, 5], steps: [1, 1] } },
      { op: "concat", attrs: { axis: 0 } },
      { op: "pad", attrs: { before: [0, 0], after: [0, 0], value: 0 } },
      { op: "flip", attrs: { axes: [] } },
      { op: "cast", attrs: { dtype: "float32" } },
      { op: "sum", attrs: { axes: [], keepDims: false } },
    ] as const;
    for (const { op, attrs } of calls) {
      await balanced(backend, place, async () => {
        const handle = put(backend, x);
        const call = frozenCall(op, [x], attrs);
        const outputs = guarded(place, () => primitiveKernel(backend, op, place)([handle], call));
        for (const output of outputs) if (output) backend.free(output);
        const data = await backend.read(handle, x);
        checkSame(place, "inputs", `the input of ${op} after its output is freed`, data, x.data, x.shape);
        backend.free(handle);
      });
    }
  },
  needs({ shape: [3, 5], dtype: "float32" }),
);

const refusesAfterDispose: ConformanceCase = backendCase(
  "refuses use after dispose",
  async ({ create }, place) => {
    const backend = await create();
    const x = random("dispose", "float32", [3]);
    const handle = put(backend, x);
    await backend.dispose();
    const refuse = (what: string, body: () => unknown): Promise<void> =>
      mustRaise(place, "dispose", what, "BackendError", body);
    await refuse("upload", () => put(backend, x));
    await refuse("read", () => backend.read(handle, x));
    if (backend.readSync) await refuse("readSync", () => backend.readSync?.(handle, x));
    await refuse("a kernel", () => primitiveKernel(backend, "neg", place)([handle], frozenCall("neg", [x], {})));
    backend.free(handle); // a finaliser may come late
  },
  (backend) =>
    backend.capabilities.hostMemory
      ? "the garbage collector owns its buffers"
      : missingDType(backend, [{ shape: [], dtype: "float32" }]),
);

/** What holds for a backend's buffers, whatever the op. */
export function bufferCases(): ConformanceCase[] {
  return [
    isComplete,
    ...every.map(roundTrip),
    keepsValues("float32"),
    keepsValues("float64"),
    ...every.map(uploadCopies),
    ...every.map(uploadTakesViews),
    ...refusedUploads,
    ...every.map(readCopies),
    ...every.map(countsBuffers),
    countsNothing,
    sharesAreCounted,
    refusesAfterDispose,
  ];
}
