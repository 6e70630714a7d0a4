// Proof that the training cases of the conformance kit can fail: each planted defect is caught and named.
import { ConformanceError } from "@unrolled/testkit";
import { type ToolkitModule, trainingConformanceCases, trainingContext } from "@unrolled/testkit/training";
import * as toolkit from "unrolled";
import { expect, test } from "vitest";
import { type Box, type Plant, type ToyParts, toyBackend } from "../../testkit/test/toy.js";

interface Defect {
  readonly what: string;
  readonly plant?: Plant;
  readonly toolkit?: Partial<ToolkitModule>;
  readonly caughtBy: string;
  readonly check: string;
}

type Data = ReturnType<ToyParts["readSync"]>;

/** Changes a kernel's first output. */
function changed(toy: ToyParts, op: string, change: (y: Data, inputs: readonly Data[]) => void): void {
  const right = toy.kernels[op];
  toy.kernels[op] = (inputs, call) => {
    const [output] = right(inputs, call);
    const meta = call.out[0];
    if (!output || !meta) throw new TypeError("no output");
    const data = toy.readSync(output, meta);
    toy.free(output);
    change(
      data,
      inputs.map((box, i) => toy.readSync(box as Box, call.in[i] ?? meta)),
    );
    return [toy.upload(data, meta.shape, meta.dtype)];
  };
}

/** Calls an update with other attributes. */
function updateWith(toy: ToyParts, op: string, attrs: object): void {
  const right = toy.updates[op];
  toy.updates[op] = (inputs, call) => right(inputs, { ...call, attrs: { ...call.attrs, ...attrs } });
}

/** Gives a fused op's forward and backward pass other inputs and attributes than they were called with. */
function fusedWith(
  toy: ToyParts,
  op: string,
  inputsOf: (inputs: readonly (Box | null)[]) => readonly (Box | null)[],
  attrs: object = {},
): void {
  const { forward, backward } = toy.fused[op];
  toy.fused[op].forward = (inputs, call, save) =>
    forward(inputsOf(inputs), { ...call, attrs: { ...call.attrs, ...attrs } }, save);
  toy.fused[op].backward = (cotangents, inputs, outputs, reserve, call, wanted) => {
    const changedCall = { ...call, attrs: { ...call.attrs, ...attrs } };
    return backward(cotangents, inputsOf(inputs), outputs, reserve, changedCall, wanted);
  };
}

/** A fused op one of whose gradients comes as zeros. */
function withoutGradient(toy: ToyParts, op: string, input: number): void {
  const { backward } = toy.fused[op];
  toy.fused[op].backward = (...given) => {
    const gradients = [...backward(...given)];
    const gradient = gradients[input];
    const meta = given[4].in[input];
    if (gradient && meta) {
      const zeros = toy.readSync(gradient, meta).fill(0);
      toy.free(gradient);
      gradients[input] = toy.upload(zeros, meta.shape, meta.dtype);
    }
    return gradients;
  };
}

const lstmLayer = "layers LSTM, I=3, T=4, B=3, H=5, L=1, bias, state given";
const bidirectional = "layers GRU, I=2, T=4, B=2, H=3, L=1, bidirectional, no bias, state given";

const defects: readonly Defect[] = [
  {
    what: "a buffer leaked by each update",
    plant: (toy) => {
      const right = toy.updates.adamStep;
      toy.updates.adamStep = (inputs, call) => {
        toy.upload(Float32Array.of(1), [1], "float32");
        return right(inputs, call);
      };
    },
    caughtBy: "memory is flat from the second step on: LSTM with Adam",
    check: "memory",
  },
  {
    what: "a reserve that is never released",
    plant: (toy) => {
      const { forward } = toy.fused.gruSequence;
      toy.fused.gruSequence.forward = (inputs, call, save) => {
        if (save) toy.upload(Float32Array.of(1), [1], "float32");
        return forward(inputs, call, save);
      };
    },
    caughtBy: "memory is flat from the second step on: GRU with SGD, ragged",
    check: "memory",
  },
  {
    what: "a scope that frees nothing",
    toolkit: { scope: (body: () => unknown) => body() },
    caughtBy: "memory of a scope is given back, also when it fails",
    check: "memory",
  },
  {
    what: "a gate's bias taken for another's",
    plant: (toy) => fusedWith(toy, "lstmSequence", (inputs) => inputs.with(5, inputs[6]).with(6, inputs[6])),
    caughtBy: lstmLayer,
    check: "values",
  },
  {
    what: "the cotangent of the last state forgotten",
    plant: (toy) => {
      const { backward } = toy.fused.lstmSequence;
      toy.fused.lstmSequence.backward = (cotangents, ...given) => backward(cotangents.with(2, null), ...given);
    },
    caughtBy: lstmLayer,
    check: "values",
  },
  {
    what: "the direction ignored",
    plant: (toy) => fusedWith(toy, "gruSequence", (inputs) => inputs, { reverse: false }),
    caughtBy: bidirectional,
    check: "values",
  },
  {
    what: "lengths ignored",
    plant: (toy) => fusedWith(toy, "rnnSequence", (inputs) => inputs.with(6, null)),
    caughtBy: "edges what stands past a sequence's end changes nothing in a RNN",
    check: "values",
  },
  {
    what: "lengths ignored in training",
    plant: (toy) => fusedWith(toy, "lstmSequence", (inputs) => inputs.with(7, null)),
    caughtBy: "curves LSTM with SGD, ragged",
    check: "values",
  },
  {
    what: "the gradient of the head's bias dropped",
    plant: (toy) => withoutGradient(toy, "linear", 2),
    caughtBy: "curves RNN tanh with Adam",
    check: "values",
  },
  {
    what: "the gradient of a hidden bias dropped",
    plant: (toy) => withoutGradient(toy, "lstmSequence", 6),
    caughtBy: lstmLayer,
    check: "values",
  },
  {
    what: "momentum ignored",
    plant: (toy) => updateWith(toy, "sgdStep", { momentum: 0 }),
    caughtBy: "curves GRU with SGD, ragged",
    check: "values",
  },
  {
    what: "Adam's second average with another decay",
    plant: (toy) => updateWith(toy, "adamStep", { beta2: 0.99 }),
    caughtBy: "curves GRU with Adam",
    check: "values",
  },
  {
    what: "products in half precision",
    plant: (toy) =>
      changed(toy, "matmul", (y) => {
        for (let i = 0; i < y.length; i++) y[i] = Math.round(y[i] * 1024) / 1024;
      }),
    caughtBy: "programs elman-sine, fifty updates",
    check: "values",
  },
  {
    what: "another result on a second run",
    plant: (toy) => {
      let runs = 0;
      changed(toy, "sum", (y) => {
        runs++;
        y[0] *= 1 + runs * 1e-6;
      });
    },
    caughtBy: "curves RNN relu with SGD, ragged, twice the same bits",
    check: "repeat",
  },
  {
    what: "broadcasting along the wrong axis",
    plant: (toy) =>
      changed(toy, "mul", (y, [a, b]) => {
        for (let i = 0; i < y.length; i++)
          y[i] = a[Math.floor((i * a.length) / y.length)] * b[Math.floor((i * b.length) / y.length)];
      }),
    caughtBy: "gradients of sums of products, broadcast",
    check: "values",
  },
  {
    what: "the last of repeated indices winning",
    plant: (toy) =>
      changed(toy, "scatterAdd", (y, [, picks, updates]) => {
        const row = updates.length / picks.length;
        for (let i = 0; i < picks.length; i++) y.set(updates.subarray(i * row, (i + 1) * row), picks[i] * row);
      }),
    caughtBy: "gradients of rows picked, one of them twice",
    check: "values",
  },
  {
    what: "NaN as the sum of nothing",
    plant: (toy) =>
      changed(toy, "sum", (y, [x]) => {
        if (x.length === 0) y.fill(Number.NaN);
      }),
    caughtBy: "edges the sum of nothing is 0, and so is its gradient's",
    check: "values",
  },
  {
    what: "NaN as the gradient of an empty batch",
    plant: (toy) => {
      const { backward } = toy.fused.lstmSequence;
      toy.fused.lstmSequence.backward = (cotangents, inputs, outputs, reserve, call, wanted) => {
        const gradients = [...backward(cotangents, inputs, outputs, reserve, call, wanted)];
        return gradients.map((box, i) => {
          const meta = call.in[i];
          if (!box || !meta || call.in[0]?.shape[1] !== 0) return box;
          const data = toy.readSync(box, meta).fill(Number.NaN);
          toy.free(box);
          return toy.upload(data, meta.shape, meta.dtype);
        });
      };
    },
    caughtBy: "edges an empty batch gives a LSTM gradients of 0, not NaN",
    check: "values",
  },
  {
    what: "readSync lagging behind read",
    plant: (toy) => {
      const { readSync } = toy;
      toy.readSync = (box, meta) => readSync(box, meta).fill(0);
    },
    caughtBy: "reading by data() gives the elements, and by dataSync() the same",
    check: "readSync",
  },
  {
    what: "reads that hand out the buffer itself",
    plant: (toy) => {
      const { read } = toy;
      const held = new WeakMap<Box, Promise<Data>>();
      toy.read = (box, meta) => {
        const data = held.get(box) ?? read(box, meta);
        held.set(box, data);
        return data;
      };
    },
    caughtBy: "reading gives copies",
    check: "copy",
  },
  {
    what: "a stale tensor accepted after dispose",
    toolkit: {
      tensor: (...given: Parameters<typeof toolkit.tensor>) =>
        Object.assign(toolkit.tensor(...given), { dispose: () => undefined }),
    },
    caughtBy: "errors after dispose() name the tensor's end",
    check: "dispose",
  },
  {
    what: "errors of another class",
    toolkit: {
      scope: (body: () => unknown) => {
        try {
          return toolkit.scope(body as () => never);
        } catch (cause) {
          throw new Error("something is wrong", { cause });
        }
      },
    },
    caughtBy: "errors of inner sizes that differ are a ShapeError, and leave nothing behind",
    check: "raises",
  },
];

const cases = new Map(trainingConformanceCases().map((c) => [c.name, c]));

async function failureOf({
  caughtBy,
  plant,
  toolkit: parts,
}: Pick<Defect, "caughtBy" | "plant" | "toolkit">): Promise<unknown> {
  const found = cases.get(caughtBy);
  if (!found) throw new TypeError(`no case is called "${caughtBy}"`);
  try {
    await found.run(trainingContext(toyBackend(plant), { ...toolkit, ...parts }));
  } catch (error) {
    return error;
  }
  return null;
}

test.each(defects)("$what is caught", async (defect) => {
  const { caughtBy, check } = defect;
  expect(await failureOf({ caughtBy })).toBeNull();
  const caught = await failureOf(defect);
  expect(caught).toBeInstanceOf(ConformanceError);
  expect(caught).toMatchObject({ case: caughtBy, check });
});

test("case names are unique", () => {
  const names = trainingConformanceCases().map((c) => c.name);
  expect(new Set(names).size).toBe(names.length);
});
