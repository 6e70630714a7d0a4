import { ArgumentError, allocate, dtypeOf, dtypes, sizeOf, type TypedArray } from "@unrolled/backend";
import { type Check, ConformanceError, conformanceCases } from "@unrolled/testkit";
import { expect, test } from "vitest";
import { type Box, type Plant, type ToyParts, toyBackend } from "./toy.js";

interface Defect {
  readonly what: string;
  readonly plant: Plant;
  readonly caughtBy: string;
  readonly check: Check;
}

/** Changes a kernel's first output element by element. */
function changed(
  toy: ToyParts,
  op: string,
  change: (results: TypedArray, inputs: TypedArray[], attrs: Readonly<Record<string, unknown>>) => void,
): void {
  const right = toy.kernels[op];
  toy.kernels[op] = (inputs, call) => {
    const [output] = right(inputs, call);
    const meta = call.out[0];
    if (!output || !meta) throw new TypeError("no output");
    const data = toy.readSync(output, meta);
    const given = inputs.map((box, i) => toy.readSync(box as Box, call.in[i] ?? meta));
    toy.free(output);
    change(data, given, call.attrs);
    return [toy.upload(data, meta.shape, meta.dtype)];
  };
}

/** Gives a fused op other inputs than it was called with. */
function fed(toy: ToyParts, op: string, change: (inputs: (Box | null)[]) => void): void {
  const right = toy.fused[op].forward;
  toy.fused[op].forward = (inputs, call, save) => {
    const given = [...inputs];
    change(given);
    return right(given, call, save);
  };
}

function withAttrs(toy: ToyParts, op: string, attrs: object): void {
  const right = toy.fused[op].forward;
  toy.fused[op].forward = (inputs, call, save) => right(inputs, { ...call, attrs: { ...call.attrs, ...attrs } }, save);
}

const defects: readonly Defect[] = [
  {
    what: "broadcasting along the wrong axis",
    plant: (toy) =>
      changed(toy, "add", (y, [a, b]) => {
        for (let i = 0; i < y.length; i++) y[i] = a[i % a.length] + b[i % b.length];
      }),
    caughtBy: "add float32 [3, 5] [3, 1]",
    check: "values",
  },
  {
    what: "int32 sums that saturate",
    plant: (toy) =>
      changed(toy, "add", (y, [a, b]) => {
        if (!(y instanceof Int32Array) || a.length !== b.length) return;
        for (let i = 0; i < y.length; i++) y[i] = Math.min(2147483647, Math.max(-2147483648, a[i] + b[i]));
      }),
    caughtBy: "add int32 wraps",
    check: "values",
  },
  {
    what: "NaN as the sum of nothing",
    plant: (toy) =>
      changed(toy, "sum", (y, [x]) => {
        if (x.length === 0) y.fill(Number.NaN);
      }),
    caughtBy: "sum float32 of nothing is 0",
    check: "values",
  },
  {
    what: "argmax taking the last of equals",
    plant: (toy) =>
      changed(toy, "argmax", (y, [x]) => {
        const n = x.length / y.length;
        for (let r = 0; r < y.length; r++) {
          const row = x.subarray(r * n, (r + 1) * n);
          const largest = row[y[r]];
          if (!Number.isNaN(largest)) y[r] = row.lastIndexOf(largest);
        }
      }),
    caughtBy: "argmax float32 takes the first of equals",
    check: "values",
  },
  {
    what: "maximum losing NaN",
    plant: (toy) =>
      changed(toy, "maximum", (y, [a, b]) => {
        if (a.length !== b.length) return;
        for (let i = 0; i < y.length; i++) if (Number.isNaN(b[i])) y[i] = a[i];
      }),
    caughtBy: "maximum float64 NaN on either side, ties, infinities",
    check: "values",
  },
  {
    what: "a cast that rounds down",
    plant: (toy) =>
      changed(toy, "cast", (y, [x], { dtype }) => {
        if (dtype === "int32") for (let i = 0; i < y.length; i++) y[i] = Math.floor(x[i]);
      }),
    caughtBy: "cast float32 to int32 truncs toward zero",
    check: "values",
  },
  {
    what: "transA ignored",
    plant: (toy) => {
      const right = toy.kernels.matmul;
      toy.kernels.matmul = (inputs, call) => {
        const [rows, columns] = call.in[0]?.shape.slice(-2) ?? [];
        return right(inputs, rows === columns ? { ...call, attrs: { ...call.attrs, transA: false } } : call);
      };
    },
    caughtBy: "matmul float32 [3, 3] [3, 3] transA",
    check: "values",
  },
  {
    what: "the last of repeated indices winning",
    plant: (toy) =>
      changed(toy, "scatterAdd", (y, [base, picks, updates]) => {
        if (updates.length !== picks.length) return;
        for (let i = 0; i < picks.length; i++) y[picks[i]] = base[picks[i]] + updates[i];
      }),
    caughtBy: "scatterAdd float32 repeated indices add up",
    check: "values",
  },
  {
    what: "an index out of range clamped",
    plant: (toy) => {
      const right = toy.kernels.gather;
      toy.kernels.gather = (inputs, call) => {
        try {
          return right(inputs, call);
        } catch {
          return [];
        }
      };
    },
    caughtBy: "gather refuses the index -1 of 2",
    check: "raises",
  },
  {
    what: "an input changed",
    plant: (toy) => {
      const right = toy.kernels.neg;
      toy.kernels.neg = (inputs, call) => {
        const result = right(inputs, call);
        const [x] = inputs;
        const meta = call.in[0];
        if (x && meta) {
          const data = toy.readSync(x, meta).map((v) => -v) as TypedArray;
          toy.free(x);
          x.inner = toy.upload(data, meta.shape, meta.dtype).inner;
        }
        return result;
      };
    },
    caughtBy: "neg float32 [3, 5]",
    check: "inputs",
  },
  {
    what: "a buffer leaked",
    plant: (toy) => {
      const right = toy.kernels.exp;
      toy.kernels.exp = (inputs, call) => {
        right(inputs, call);
        return right(inputs, call);
      };
    },
    caughtBy: "exp float32 [7]",
    check: "memory",
  },
  {
    what: "an input returned as output without being counted",
    plant: (toy) => {
      toy.kernels.reshape = ([x]) => [x];
    },
    caughtBy: "reshape float32 [3, 5] to [15]",
    check: "raises",
  },
  {
    what: "a second run that differs in the last bit",
    plant: (toy) => {
      let runs = 0;
      changed(toy, "tanh", (y) => {
        runs++;
        for (let i = 0; i < y.length; i++) y[i] *= 1 + (runs % 2) * 1.3e-7;
      });
    },
    caughtBy: "tanh float32 [3, 5]",
    check: "repeat",
  },
  {
    what: "a result of the wrong dtype",
    plant: (toy) => {
      const right = toy.kernels.less;
      toy.kernels.less = (inputs, call) => {
        const [output] = right(inputs, call);
        const meta = call.out[0];
        if (!output || !meta) throw new TypeError("no output");
        const data = Float32Array.from(toy.readSync(output, meta));
        toy.free(output);
        return [toy.upload(data, meta.shape, "float32")];
      };
    },
    caughtBy: "less float32 [3, 5] [3, 5]",
    check: "dtype",
  },
  {
    what: "gates i and f swapped",
    plant: (toy) => {
      const right = toy.fused.lstmSequence.forward;
      toy.fused.lstmSequence.forward = (inputs, call, save) => {
        const swapped = inputs.map((box, i) => {
          const meta = call.in[i];
          if (!box || !meta || i < 3 || i > 6) return box;
          const data = toy.readSync(box, meta);
          const gate = data.length / 4;
          const moved = data.slice();
          moved.set(data.subarray(0, gate), gate);
          moved.set(data.subarray(gate, 2 * gate), 0);
          return toy.upload(moved, meta.shape, meta.dtype);
        });
        const result = right(swapped, call, save);
        for (const [i, box] of swapped.entries()) if (box && box !== inputs[i]) toy.free(box);
        return result;
      };
    },
    caughtBy: "lstmSequence forward float32 T3 B1 I5 H7",
    check: "values",
  },
  {
    what: "a projection that takes the first units",
    plant: (toy) => {
      const right = toy.fused.lstmSequence.forward;
      toy.fused.lstmSequence.forward = (inputs, call, save) => {
        const meta = call.in[8];
        if (!meta) return right(inputs, call, save);
        const [P, H] = meta.shape;
        const first = Float32Array.from({ length: P * H }, (_, i) => (i % H === Math.floor(i / H) ? 1 : 0));
        const planted = toy.upload(first, meta.shape, "float32");
        const result = right(inputs.with(8, planted), call, save);
        toy.free(planted);
        return result;
      };
    },
    caughtBy: "lstmSequence forward projected float32 T3 B1 I5 H7",
    check: "values",
  },
  {
    what: "lengths ignored",
    plant: (toy) =>
      fed(toy, "rnnSequence", (inputs) => {
        inputs[6] = null;
      }),
    caughtBy: "rnnSequence forward tanh float32 T5 B4 I7 H5 lengths mixed",
    check: "values",
  },
  {
    what: "the direction ignored",
    plant: (toy) => withAttrs(toy, "gruSequence", { reverse: false }),
    caughtBy: "gruSequence forward resetAfter float32 T5 B4 I7 H5 reverse lengths mixed",
    check: "values",
  },
  {
    what: "resetAfter ignored",
    plant: (toy) => withAttrs(toy, "gruSequence", { resetAfter: true }),
    caughtBy: "gruSequence forward resetBefore float32 T5 B4 I7 H5",
    check: "values",
  },
  {
    what: "a hidden bias forgotten",
    plant: (toy) =>
      fed(toy, "gruSequence", (inputs) => {
        inputs[5] = null;
      }),
    caughtBy: "gruSequence forward resetAfter float32 T5 B4 I7 H5 biases hidden",
    check: "values",
  },
  {
    what: "the gradient of a bias dropped",
    plant: (toy) => {
      const right = toy.fused.linear.backward;
      toy.fused.linear.backward = (...given) => {
        const gradients = [...right(...given)];
        const bias = gradients[2];
        const meta = given[4].in[2];
        if (bias && meta) {
          toy.free(bias);
          gradients[2] = toy.upload(new Float64Array(meta.shape[0]), meta.shape, meta.dtype);
        }
        return gradients;
      };
    },
    caughtBy: "linear backward float64 [3, 5] to 7",
    check: "values",
  },
  {
    what: "a gradient given that is not wanted",
    plant: (toy) => {
      const right = toy.fused.linear.backward;
      toy.fused.linear.backward = (cotangents, inputs, outputs, reserve, call) =>
        right(cotangents, inputs, outputs, reserve, call, [true, true, inputs[2] !== null]);
    },
    caughtBy: "linear backward float32 [3, 5] to 7 with the gradient of x alone wanted",
    check: "contract",
  },
  {
    what: "a reserve overwritten by the next call",
    plant: (toy) => {
      const { forward, backward } = toy.fused.rnnSequence;
      let last: readonly (Box | null)[] = [];
      toy.fused.rnnSequence.forward = (inputs, call, save) => {
        last = inputs;
        return forward(inputs, call, save);
      };
      toy.fused.rnnSequence.backward = (cotangents, inputs, outputs, reserve, call, wanted) =>
        backward(cotangents, inputs.with(1, last[1]), outputs, reserve, call, wanted);
    },
    caughtBy: "rnnSequence backward tanh float32 T4 B3 I2 H5 lengths mixed with two reserves alive",
    check: "raises",
  },
  {
    what: "nesterov ignored",
    plant: (toy) => {
      const right = toy.updates.sgdStep;
      toy.updates.sgdStep = (inputs, call) => right(inputs, { ...call, attrs: { ...call.attrs, nesterov: false } });
    },
    caughtBy: "sgdStep float32 [7] nesterov",
    check: "values",
  },
  {
    what: "upload keeping the host's array",
    plant: (toy) => {
      const { upload, read } = toy;
      const kept = new WeakMap<Box, TypedArray>();
      toy.upload = (data, shape, dtype) => {
        const box = upload(data, shape, dtype);
        kept.set(box, data);
        return box;
      };
      toy.read = async (box, meta) => (kept.get(box) ?? (await read(box, meta))).slice();
    },
    caughtBy: "backend upload copies, float32",
    check: "copy",
  },
  {
    what: "upload that fills up what is missing",
    plant: (toy) => {
      const { upload } = toy;
      toy.upload = (data, shape, dtype) => {
        const whole = allocate(dtype, sizeOf(shape)) as TypedArray;
        whole.set(data.subarray(0, whole.length));
        return upload(whole, shape, dtype);
      };
    },
    caughtBy: "backend upload refuses data that does not fill the shape",
    check: "raises",
  },
  {
    what: "upload whose error is of another class",
    plant: (toy) => {
      const { upload } = toy;
      toy.upload = (data, shape, dtype) => {
        if (data.length !== sizeOf(shape)) throw new ArgumentError("upload", "too few", "give more");
        return upload(data, shape, dtype);
      };
    },
    caughtBy: "backend upload refuses data that does not fill the shape",
    check: "raises",
  },
  {
    what: "upload that converts arrays",
    plant: (toy) => {
      const { upload } = toy;
      toy.upload = (data, shape, dtype) => {
        const converted = allocate(dtypes.includes(dtype) ? dtype : "float32", data.length) as TypedArray;
        converted.set(data);
        return upload(converted, shape, dtype);
      };
    },
    caughtBy: "backend upload refuses an array of another dtype",
    check: "raises",
  },
  {
    what: "upload that takes a dtype for another",
    plant: (toy) => {
      const { upload } = toy;
      toy.upload = (data, shape) => upload(data, shape, dtypeOf(data));
    },
    caughtBy: "backend upload refuses a dtype that the backend has not",
    check: "raises",
  },
  {
    what: "readSync lagging behind read",
    plant: (toy) => {
      const { readSync } = toy;
      toy.readSync = (box, meta) => readSync(box, meta).fill(0);
    },
    caughtBy: "sqrt float32 [3, 5]",
    check: "readSync",
  },
  {
    what: "a stale buffer accepted after dispose",
    plant: (toy) => {
      toy.dispose = async () => undefined;
    },
    caughtBy: "backend refuses use after dispose",
    check: "dispose",
  },
];

const cases = new Map(conformanceCases().map((c) => [c.name, c]));

async function failureOf(name: string, plant?: Plant): Promise<unknown> {
  const found = cases.get(name);
  if (!found) throw new TypeError(`no case is called "${name}"`);
  const create = (): ReturnType<typeof toyBackend> => toyBackend(plant);
  try {
    await found.run({ backend: create(), create });
  } catch (error) {
    return error;
  }
  return null;
}

test.each(defects)("$what is caught", async ({ plant, caughtBy, check }) => {
  expect(await failureOf(caughtBy)).toBeNull();
  const caught = await failureOf(caughtBy, plant);
  expect(caught).toBeInstanceOf(ConformanceError);
  expect(caught).toMatchObject({ case: caughtBy, check });
});

test("an error names the op, the case, the element, and both numbers", async () => {
  const plant: Plant = (toy) =>
    changed(toy, "add", (y) => {
      if (y.length === 15) y[7] = 100;
    });
  const error = (await failureOf("add float32 [3, 5] [5]", plant)) as ConformanceError;
  expect(error).toMatchObject({ op: "add", case: "add float32 [3, 5] [5]", index: [1, 2], actual: 100 });
  expect(error.expected).toBeTypeOf("number");
  expect(error.message).toMatch(
    /^add: output 0 at \[1, 2\] of \[3, 5\] is 100, not .* \(case "add float32 \[3, 5\] \[5\]"\);/,
  );
});
