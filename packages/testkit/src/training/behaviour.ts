import { type Backend, UnrolledError } from "@unrolled/backend";
import { checkSame, checkValues, type Place } from "../assert/compare.js";
import { ConformanceError } from "../assert/conformance-error.js";
import { mustRaise } from "../cases/run-kernel.js";
import { random } from "../host.js";
import { referenceBackend } from "../reference/backend.js";
import { curveGoldens, trainer } from "./curves.js";
import type { KitTensor } from "./toolkit.js";
import { type TrainingCase, trainingCase, ways } from "./training-case.js";

const owned = (backend: Backend): string | null =>
  backend.capabilities.hostMemory ? "the garbage collector owns its buffers" : null;

type Count = ReturnType<Backend["memory"]>;

const isSame = (a: Count, b: Count): boolean => a.buffers === b.buffers && a.bytes === b.bytes;

/** Raises if there is more than before. Less may come of tensors of earlier cases, collected meanwhile. */
function checkNoMore(place: Place, what: string, before: Count, after: Count): void {
  if (after.buffers <= before.buffers && after.bytes <= before.bytes) return;
  const problem = `${after.buffers - before.buffers} buffers (${after.bytes - before.bytes} bytes) more ${what}`;
  throw new ConformanceError({ ...place, check: "memory", problem, expected: before, actual: after });
}

const flat = curveGoldens().flatMap((golden) =>
  ways.map(([suffix, way]) =>
    trainingCase(
      "memory",
      `is flat from the second step on: ${golden.name}${suffix}`,
      async (context, place) => {
        const backend = way(context);
        const one = trainer(context.toolkit, backend, golden);
        await one.step();
        await one.step();
        const count = async (): Promise<Count> => {
          await backend.sync();
          return backend.memory();
        };
        const first = await count();
        let before = first;
        for (let attempt = 0; attempt < 4; attempt++) {
          for (let i = 0; i < 3; i++) await one.step();
          const after = await count();
          if (isSame(before, after)) return; // else the garbage collector may have freed what earlier cases left
          before = after;
        }
        const problem = `memory is not flat: ${first.buffers} buffers after two steps, ${before.buffers} after twelve more`;
        throw new ConformanceError({ ...place, check: "memory", problem, expected: first, actual: before });
      },
      owned,
    ),
  ),
);

const scoped = trainingCase(
  "memory",
  "of a scope is given back, also when it fails",
  async ({ toolkit, backend }, place) => {
    const x = toolkit.tensor([[1, 2]], { backend, requiresGrad: true });
    const before = backend.memory();
    const work = (): KitTensor => x.matmul(x.transpose(0, 1)).exp().log();
    toolkit.scope(() => {
      work();
      return null;
    });
    checkNoMore(place, "after a scope", before, backend.memory());
    try {
      toolkit.scope(() => {
        work();
        throw new RangeError("on purpose");
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    checkNoMore(place, "after a scope that failed", before, backend.memory());
    x.dispose();
  },
  owned,
);

const reads = trainingCase(
  "reading",
  "by data() gives the elements, and by dataSync() the same",
  async (context, place) => {
    const { toolkit, backend } = context;
    const host = random("reading", "float32", [3, 5]);
    const x = toolkit.tensor(host.data, { shape: host.shape, backend });
    const y = x.mul(-2);
    const wanted = host.data.map((v) => v * -2) as Float32Array;
    checkSame(place, "values", "data()", await y.data(), wanted, host.shape);
    if (backend.readSync) checkSame(place, "readSync", "dataSync()", y.dataSync(), wanted, host.shape);
    else
      await mustRaise(place, "raises", "dataSync() where the engine only reads asynchronously", "BackendError", () =>
        y.dataSync(),
      );
  },
);

const readsCopies = trainingCase("reading", "gives copies", async ({ toolkit, backend }, place) => {
  const host = random("reading copies", "float32", [4]);
  const x = toolkit.tensor(host.data, { shape: [4], backend });
  (await x.data()).fill(99);
  if (backend.readSync) x.dataSync().fill(99);
  checkSame(place, "copy", "the tensor after what was read has changed", await x.data(), host.data, [4]);
});

const stale = trainingCase("errors", "after dispose() name the tensor's end", async ({ toolkit, backend }, place) => {
  const x = toolkit.tensor([1, 2], { backend });
  const y = toolkit.tensor([1, 2], { backend });
  x.dispose();
  const refuse = (what: string, body: () => unknown): Promise<void> =>
    mustRaise(place, "dispose", what, "BackendError", body);
  await refuse("data()", () => x.data());
  await refuse("an op", () => x.add(y));
  await refuse("an op's second operand", () => y.mul(x));
  checkSame(place, "values", "the other tensor", await y.data(), Float32Array.of(1, 2), [2]);
});

interface Wrong {
  readonly title: string;
  readonly error: string;
  readonly body: (t: { tensor(values: never, dtype?: "int32"): KitTensor }) => unknown;
}

const values = (v: readonly number[] | readonly (readonly number[])[]): never => v as never;

const wrongCalls: readonly Wrong[] = [
  {
    title: "inner sizes that differ",
    error: "ShapeError",
    body: (t) => t.tensor(values([[1, 2]])).matmul(t.tensor(values([[1, 2]]))),
  },
  {
    title: "shapes that do not broadcast",
    error: "ShapeError",
    body: (t) => t.tensor(values([1, 2])).add(t.tensor(values([1, 2, 3]))),
  },
  { title: "a reshape to another size", error: "ShapeError", body: (t) => t.tensor(values([1, 2])).reshape([3]) },
  { title: "an axis out of range", error: "ShapeError", body: (t) => t.tensor(values([1, 2])).sum(1) },
  {
    title: "dtypes mixed",
    error: "DTypeError",
    body: (t) => t.tensor(values([1, 2])).add(t.tensor(values([1, 2]), "int32")),
  },
  { title: "exp of integers", error: "DTypeError", body: (t) => t.tensor(values([1, 2]), "int32").exp() },
  { title: "the largest of nothing", error: "ShapeError", body: (t) => t.tensor(values([])).max() },
];

const errors = wrongCalls.map(({ title, error, body }) =>
  trainingCase(
    "errors",
    `of ${title} are a ${error}, and leave nothing behind`,
    async ({ toolkit, backend }, place) => {
      const before = backend.memory();
      await mustRaise(place, "raises", title, error, () =>
        toolkit.scope(() =>
          body({ tensor: (given, dtype = "float32" as never) => toolkit.tensor(given, { backend, dtype }) }),
        ),
      );
      if (!backend.capabilities.hostMemory) checkNoMore(place, "after the error", before, backend.memory());
    },
  ),
);

const mixed = trainingCase("errors", "of two backends in one op name both", async ({ toolkit, backend }, place) => {
  const other = referenceBackend();
  const x = toolkit.tensor([1, 2], { backend });
  const y = toolkit.tensor([1, 2], { backend: other });
  await mustRaise(place, "raises", "tensors of two backends", "BackendError", () => x.add(y));
  try {
    x.add(y);
  } catch (error) {
    const message = UnrolledError.is(error) ? error.message : "";
    if (message.includes(backend.name) && message.includes(other.name)) return;
    const problem = `the error does not name ${backend.name} and ${other.name}: ${message}`;
    throw new ConformanceError({
      ...place,
      check: "raises",
      problem,
      expected: [backend.name, other.name],
      actual: message,
    });
  }
});

const failedStep = trainingCase(
  "errors",
  "within a step leave the parameters as they are",
  async ({ toolkit, backend }, place) => {
    const [golden] = curveGoldens();
    const one = trainer(toolkit, backend, golden);
    const optimizer = new toolkit[golden.optimizer]([...one.modules[0].parameters()] as never, golden.optimizerOptions);
    const [parameter] = one.modules[0].parameters();
    const before = await parameter.data();
    const attempt = (): unknown => optimizer.step((() => parameter.matmul(one.x.reshape([40]))) as () => never);
    await mustRaise(place, "raises", "a loss that cannot be computed", "ShapeError", attempt);
    checkSame(place, "inputs", "a parameter after a step that failed", await parameter.data(), before, parameter.shape);
  },
);

const emptyBatch = (["RNN", "LSTM", "GRU"] as const).flatMap((kind) =>
  ways.map(([suffix, way]) =>
    trainingCase("edges", `an empty batch gives a ${kind} gradients of 0, not NaN${suffix}`, async (context, place) => {
      const backend = way(context);
      const { toolkit } = context;
      const layer = new toolkit[kind](3, 2, { backend });
      const x = toolkit.tensor(new Float32Array(0), { shape: [4, 0, 3], backend, requiresGrad: true });
      const [y] = layer.forward(x);
      y.sum().backward();
      for (const [name, { grad, shape }] of layer.namedParameters()) {
        if (grad === null)
          throw new ConformanceError({ ...place, check: "contract", problem: `${name} has no gradient` });
        const zeros = new Float64Array(shape.reduce((a, b) => a * b, 1));
        checkValues(place, `the gradient of ${name}`, await grad.data(), zeros, grad, { relative: 0, absolute: 0 });
      }
    }),
  ),
);

const sumOfNothing = trainingCase(
  "edges",
  "the sum of nothing is 0, and so is its gradient's",
  async ({ toolkit, backend }, place) => {
    const w = toolkit.tensor([1, 2, 3], { backend, requiresGrad: true });
    const y = toolkit
      .tensor(new Float32Array(0), { shape: [0, 3], backend })
      .mul(w)
      .sum();
    y.backward();
    checkSame(place, "values", "the sum", await y.data(), Float32Array.of(0), []);
    if (w.grad) checkSame(place, "values", "the gradient", await w.grad.data(), new Float32Array(3), [3]);
  },
);

const paddingDoesNotMatter = (["RNN", "LSTM", "GRU"] as const).map((kind) =>
  trainingCase(
    "edges",
    `what stands past a sequence's end changes nothing in a ${kind}`,
    async ({ toolkit, backend }, place) => {
      const layer = new toolkit[kind](1, 3, { backend });
      const run = async (padding: number): Promise<Float32Array> => {
        const steps = [1, 1, 2, padding, 3, padding];
        const x = toolkit.tensor(Float32Array.from(steps), { shape: [3, 2, 1], backend });
        const [y] = layer.forward(x, undefined, { lengths: [3, 1] });
        return Float32Array.from(await y.data());
      };
      checkSame(place, "values", "the output", await run(50), await run(-7), [3, 2, 3]);
    },
  ),
);

/** Memory, reading, errors and edges of training. */
export function behaviourCases(): TrainingCase[] {
  return [
    ...flat,
    scoped,
    reads,
    readsCopies,
    stale,
    ...errors,
    mixed,
    failedStep,
    ...emptyBatch,
    sumOfNothing,
    ...paddingDoesNotMatter,
  ];
}
