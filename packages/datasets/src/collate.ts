import {
  ArgumentError,
  allocate,
  type Backend,
  BackendError,
  type DType,
  dtypeOf,
  ShapeError,
} from "@unrolled/backend";
import { describeValue, stack, Tensor, tensor } from "@unrolled/core";
import { type HostArray, stackHostArrays } from "./host-array.js";
import { type Field, toHostArray } from "./nested.js";

/** What a loader tells its collate function. */
export interface CollateContext {
  /** Where the batch goes; absent: the default backend. */
  readonly backend?: Backend;
}

/** Turns a list of samples into a batch. */
export type Collate<T, B> = (samples: readonly T[], context: CollateContext) => B;

/** What `defaultCollate` makes of samples of type T: a tensor for each field. */
export type Collated<T> = T extends Tensor | HostArray
  ? Tensor
  : T extends readonly unknown[]
    ? { -readonly [K in keyof T]: Tensor }
    : Tensor;

/**
 * Stacks samples under a new first axis, as PyTorch's `default_collate`. A sample that is an array is a list of fields
 * (`[x, y]`), each of which becomes a tensor; any other sample is one field. A field is a number, a boolean, an array of
 * numbers (nested arrays too), a typed array, `{ data, shape }` or a Tensor. Plain numbers become float32, booleans bool;
 * typed arrays keep their dtype.
 *
 * @throws ShapeError if the samples differ in shape
 * @example
 * const [x, y] = defaultCollate([[[1, 2], 0], [[3, 4], 1]], {}); // x [2, 2], y [2]
 */
export function defaultCollate<T>(samples: readonly T[], context: CollateContext): Collated<T>;
export function defaultCollate(samples: readonly unknown[], context: CollateContext): unknown {
  const [first] = samples;
  if (!Array.isArray(first)) return stackField(samples, context);
  samples.forEach((sample, i) => {
    if (!Array.isArray(sample) || sample.length !== first.length) {
      const found = Array.isArray(sample) ? `${sample.length} fields` : "no fields";
      throw new ShapeError(
        "DataLoader",
        `sample ${i} of the batch has ${found}, sample 0 has ${first.length}`,
        "give samples of one form",
      );
    }
  });
  const rows = samples as readonly (readonly unknown[])[];
  return first.map((_, field) =>
    stackField(
      rows.map((row) => row[field]),
      context,
    ),
  );
}

function stackField(values: readonly unknown[], context: CollateContext): Tensor {
  const tensors = values.filter((value) => value instanceof Tensor);
  if (tensors.length === 0) {
    return upload(
      stackHostArrays(
        "DataLoader",
        values.map((value, i) => toHostArray("DataLoader", value, i)),
      ),
      context,
    );
  }
  if (tensors.length < values.length) {
    throw new ArgumentError("DataLoader", "some samples of a batch are tensors and some are not", "give one kind");
  }
  for (const one of tensors) requireOnBackend(one, context);
  return stack(tensors, 0);
}

/** A tensor of host numbers on the loader's backend. */
export function upload({ data, shape }: HostArray, { backend }: CollateContext): Tensor {
  return tensor(data, { shape, ...(backend !== undefined && { backend }) });
}

/** Throws if a tensor does not live where the loader puts batches. */
export function requireOnBackend(one: Tensor, { backend }: CollateContext): void {
  if (backend !== undefined && one.backend !== backend) {
    throw new BackendError(
      "DataLoader",
      `the samples are tensors on ${one.backend.name}, but the loader's backend is ${backend.name}`,
      "leave the option out, or move the tensors first: await x.to(backend)",
    );
  }
}

/** A sequence [T, ...] and what belongs to it. */
export type SequenceSample = readonly [x: Field | Tensor, y: Field | Tensor];

function requirePairs(op: string, samples: readonly SequenceSample[]): void {
  if (!Array.isArray(samples))
    throw new ArgumentError(
      op,
      `the samples are ${describeValue(samples)}`,
      "to set the padding, give collate: (samples, context) => padCollate(samples, { ...context, padding: -1 })",
    );
  samples.forEach((sample, i) => {
    if (!Array.isArray(sample) || sample.length !== 2)
      throw new ArgumentError(
        op,
        `sample ${i} of the batch is ${describeValue(sample)}`,
        "each sample is [x, y], x [time, ...]",
      );
  });
}

/**
 * Collates `[x, y]` samples whose x differ in length along their first axis: x is filled up at the end to the longest,
 * y stacked, or filled up too if its lengths differ.
 *
 * Tensors are read to the host, without their gradients.
 *
 * Shapes: x `[B, T max, ...]`, y `[B, ...]`; `lengths` holds the B true lengths of x, on the host, as the recurrent layers
 * take them.
 *
 * @param context `padding`: the value filled in, default 0; to set it, pass `(s, c) => padCollate(s, { ...c, padding: -1 })`
 * @throws ArgumentError if a sequence is empty, or a sample no pair
 * @throws ShapeError if a sequence is but a number
 * @example
 * const loader = new DataLoader(samples, { batchSize: 8, collate: padCollate });
 * for (const [x, y, lengths] of loader) lstm.forward(x, null, { lengths });
 */
export function padCollate(
  samples: readonly SequenceSample[],
  context: CollateContext & { readonly padding?: number },
): [x: Tensor, y: Tensor, lengths: Int32Array] {
  const op = "padCollate";
  requirePairs(op, samples);
  const field = (value: Field | Tensor, i: number): HostArray =>
    value instanceof Tensor ? { data: value.dataSync(), shape: value.shape } : toHostArray(op, value, i);
  const xs = samples.map(([x], i) => field(x, i));
  const ys = samples.map(([, y], i) => field(y, i));
  xs.forEach(({ shape }, i) => {
    if (shape.length === 0)
      throw new ShapeError(op, `x of sample ${i} of the batch is one number`, "each sample is [x, y], x [time, ...]");
    if (shape[0] === 0) {
      throw new ArgumentError(
        op,
        `the sequence of sample ${i} of the batch is empty`,
        "drop samples without a single step",
      );
    }
  });
  const ragged = ys.some(({ shape }) => shape.length > 0 && shape[0] !== ys[0].shape[0]);
  return [
    upload(pad(op, xs, context.padding ?? 0), context),
    upload(ragged ? pad(op, ys, context.padding ?? 0) : stackHostArrays(op, ys), context),
    Int32Array.from(xs, ({ shape }) => shape[0]),
  ];
}

function pad(op: string, arrays: readonly HostArray[], padding: number): HostArray {
  const longest = arrays.reduce((most, { shape }) => Math.max(most, shape[0]), 0);
  const filled = arrays.map(({ data, shape }): HostArray => {
    const step = shape.slice(1).reduce((size, n) => size * n, 1);
    const padded = allocate<DType>(dtypeOf(data), longest * step).fill(padding, data.length);
    padded.set(data);
    return { data: padded, shape: [longest, ...shape.slice(1)] };
  });
  return stackHostArrays(op, filled);
}
