import {
  ArgumentError,
  allocate,
  bytesPerElement,
  formatShape,
  type HostTensor,
  type Meta,
  sameShape,
  sizeOf,
  type TypedArray,
} from "@unrolled/backend";
import type { Tensor } from "../tensor.js";
import type { HostRecord } from "./variant.js";

/** Neighbours in a list whose tensors have equal shapes. */
export function groupsOfEqualShapes<A extends readonly Tensor[]>(list: readonly A[]): A[][] {
  const groups: A[][] = [];
  for (const inputs of list) {
    const group = groups.at(-1);
    if (group && sameMetas(group[0], inputs)) group.push(inputs);
    else groups.push([inputs]);
  }
  return groups;
}

/** What a call's stacked inputs may take: beyond, more calls cost nothing beside the work. */
const mostBytes = 2 ** 26;

/** A group in pieces whose stacked inputs are not too large for one call, all but the last of one size. */
export function inCalls<A extends readonly Tensor[]>(group: readonly A[]): (readonly A[])[] {
  const bytes = group[0].reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement(dtype), 0);
  const most = Math.max(1, Math.floor(mostBytes / Math.max(bytes, 1)));
  const calls: (readonly A[])[] = [];
  for (let i = 0; i < group.length; i += most) calls.push(group.slice(i, i + most));
  return calls;
}

export function sameMetas(a: readonly Meta[], b: readonly Meta[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i].dtype !== b[i].dtype || !sameShape(a[i].shape, b[i].shape)) return false;
  return true;
}

/** Up to this many elements a loop is quicker than `set`. */
const short = 32;

/** Equal tensors of many runs, one behind the other along a new first dimension. */
export class Stack {
  readonly tensor: HostTensor;
  readonly #size: number;

  constructor(count: number, { shape, dtype }: Meta) {
    this.#size = sizeOf(shape);
    this.tensor = { data: allocate(dtype, count * this.#size), shape: [count, ...shape], dtype };
  }

  put(run: number, elements: TypedArray): void {
    const { data } = this.tensor;
    const at = run * this.#size;
    if (elements.length > short) data.set(elements, at);
    else for (let i = 0; i < elements.length; i++) data[at + i] = elements[i];
  }

  fill(run: number, value: number): void {
    this.tensor.data.fill(value, run * this.#size, (run + 1) * this.#size);
  }
}

/** Outputs of several calls, each stacked already, one behind the other. */
export function joinRuns(parts: readonly HostRecord[]): HostRecord {
  const [first] = parts;
  if (parts.length === 1) return first;
  return Object.fromEntries(
    Object.keys(first).map((name) => {
      const list = parts.map((part) => part[name]);
      const [, ...rest] = list[0].shape;
      const stranger = list.find(({ shape }) => formatShape(shape.slice(1)) !== formatShape(rest));
      if (stranger)
        throw new ArgumentError(
          "epoch",
          `output ${name} is ${formatShape(rest)} for some batches and ${formatShape(stranger.shape.slice(1))} for others`,
          "return scalars, or leave out the batch of another size; the steps were taken",
        );
      const count = list.reduce((sum, { shape }) => sum + shape[0], 0);
      return [name, { data: joined(list), shape: [count, ...rest], dtype: list[0].dtype }];
    }),
  );
}

function joined(list: readonly HostTensor[]): TypedArray {
  const all = allocate(
    list[0].dtype,
    list.reduce((sum, { data }) => sum + data.length, 0),
  );
  let at = 0;
  for (const { data } of list) {
    all.set(data, at);
    at += data.length;
  }
  return all;
}
