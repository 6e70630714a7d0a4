import type { Backend, DType, Kernel, Meta, Shape, TypedArray } from "@unrolled/backend";
import { ArgumentError, allocate, DTypeError, dtypeOf, ShapeError, sizeOf, stridesOf } from "@unrolled/backend";

interface Buffer extends Meta {
  readonly data: TypedArray;
}
type Index = readonly number[];
type Out = readonly [Meta];
const dtypes: ReadonlySet<DType> = new Set(["float32", "int32", "bool"]);
const range = <T>(length: number, at: (i: number) => T): T[] => Array.from({ length }, (_, i) => at(i));
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function indicesOf(shape: Shape): number[][] {
  const strides = stridesOf(shape);
  return range(sizeOf(shape), (i) => strides.map((stride, d) => Math.floor(i / stride) % shape[d]));
}
/** An output, each element made from its index. */
function make([out]: Out, element: (index: Index) => number): readonly [Buffer] {
  const data = allocate(out.dtype, sizeOf(out.shape)) as TypedArray;
  for (const [i, index] of indicesOf(out.shape).entries()) {
    const value = element(index);
    data[i] = out.dtype === "bool" ? Number(value !== 0) : value;
  }
  return [{ data, shape: out.shape, dtype: out.dtype }];
}
const at = (x: Buffer, index: Index): number => x.data[index.reduce((flat, i, d) => flat * x.shape[d] + i, 0)];
/** An output whose elements are those of `x` at other places. */
const moved = (x: Buffer, out: Out, source: (index: Index) => Index): readonly [Buffer] =>
  make(out, (index) => at(x, source(index)));
/** Where broadcasting finds the element of an index. */
const stretch = (x: Buffer, index: Index): Index =>
  x.shape.map((size, d) => (size === 1 ? 0 : index[index.length - x.shape.length + d]));
const unary = (f: (x: number) => number): Kernel<"neg", Buffer> => {
  return ([x], { out }) => make(out, (index) => f(at(x, index)));
};
const binary = (f: (a: number, b: number) => number): Kernel<"add", Buffer> => {
  return ([a, b], { out }) => make(out, (index) => f(at(a, stretch(a, index)), at(b, stretch(b, index))));
};
/** The elements that meet at an index of a reduction's output. */
function group(x: Buffer, index: Index, axes: readonly number[], keepDims: boolean): number[] {
  const kept = keepDims ? index.filter((_, d) => !axes.includes(d)) : [...index];
  const place = (inner: Index): number[] => {
    const rest = [...kept];
    return x.shape.map((_, d) => (axes.includes(d) ? inner[axes.indexOf(d)] : Number(rest.shift())));
  };
  return indicesOf(axes.map((axis) => x.shape[axis])).map((inner) => at(x, place(inner)));
}
/** Where gather and scatterAdd look: the number picked stands for the dimensions of the picks. */
function picked(index: Index, axis: number, picks: Buffer, size: number): number[] {
  const end = axis + picks.shape.length;
  const i = at(picks, index.slice(axis, end));
  if (i < 0 || i >= size) throw new ArgumentError("toy", `index ${i} is not below ${size}`, "use 0 to size - 1");
  return [...index.slice(0, axis), i, ...index.slice(end)];
}
/** 1 - (a1 t + ... + a5 t^5) e^(-x^2) with t = 1 / (1 + p x): Abramowitz and Stegun, 7.1.26; off by 1.5e-7 at most. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592].reduce((y, a) => y * t + a, 0);
  return Math.sign(x) * (1 - poly * t * Math.exp(-x * x));
}

function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b; // where JavaScript has NaN
}

function firstLargest(values: readonly number[]): number {
  const nan = values.findIndex(Number.isNaN);
  return nan >= 0 ? nan : values.indexOf(Math.max(...values));
}

const kernels: Backend<Buffer>["kernels"] = {
  ...{ neg: unary((x) => -x), abs: unary(Math.abs), sign: unary(Math.sign), exp: unary(Math.exp) },
  ...{ log: unary(Math.log), sqrt: unary(Math.sqrt), sin: unary(Math.sin), cos: unary(Math.cos) },
  ...{ tanh: unary(Math.tanh), relu: unary((x) => Math.max(x, 0)), erf: unary(erf) },
  ...{ sigmoid: unary((x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))) },
  ...{ add: binary((a, b) => a + b), sub: binary((a, b) => a - b), mul: binary((a, b) => a * b) },
  ...{ div: binary((a, b) => a / b), pow: binary(power), maximum: binary(Math.max), minimum: binary(Math.min) },
  ...{ equal: binary((a, b) => Number(a === b)), less: binary((a, b) => Number(a < b)) },
  where: ([c, a, b], { out }) => make(out, (i) => (at(c, stretch(c, i)) ? at(a, stretch(a, i)) : at(b, stretch(b, i)))),
  sum: ([x], { attrs: { axes, keepDims }, out }) => make(out, (i) => sum(group(x, i, axes, keepDims))),
  max: ([x], { attrs: { axes, keepDims }, out }) =>
    make(out, (i) => group(x, i, axes, keepDims).reduce((a, b) => Math.max(a, b))),
  argmax: ([x], { attrs: { axis, keepDims }, out }) => make(out, (i) => firstLargest(group(x, i, [axis], keepDims))),
  cumsum: ([x], { attrs: { axis, reverse }, out }) =>
    make(out, (index) => {
      const along = range(x.shape[axis], (i) => at(x, index.with(axis, i)));
      return sum(reverse ? along.slice(index[axis]) : along.slice(0, index[axis] + 1));
    }),
  matmul: ([a, b], { attrs: { transA, transB }, out }) =>
    make(out, (index) => {
      const [batch, [i, j]] = [index.slice(0, -2), index.slice(-2)];
      const left = (k: number): number => at(a, stretch(a, [...batch, ...(transA ? [k, i] : [i, k])]));
      const right = (k: number): number => at(b, stretch(b, [...batch, ...(transB ? [j, k] : [k, j])]));
      return sum(range(a.shape[a.shape.length - (transA ? 2 : 1)], (k) => left(k) * right(k)));
    }),
  reshape: ([x], { out: [{ shape, dtype }] }) => [{ data: x.data.slice(), shape, dtype }],
  transpose: ([x], { attrs: { perm }, out }) => moved(x, out, (i) => i.map((_, d) => i[perm.indexOf(d)])),
  broadcast: ([x], { out }) => moved(x, out, (i) => stretch(x, i)),
  slice: ([x], { attrs: { starts, steps }, out }) => moved(x, out, (i) => i.map((n, d) => starts[d] + n * steps[d])),
  concat: (xs, { attrs: { axis }, out }) => {
    const places = xs.flatMap((x) => range(x.shape[axis], (i) => ({ x, i })));
    return make(out, (index) => at(places[index[axis]].x, index.with(axis, places[index[axis]].i)));
  },
  pad: ([x], { attrs: { before, value }, out }) =>
    make(out, (index) => {
      const inside = index.map((i, d) => i - before[d]);
      return inside.every((i, d) => i >= 0 && i < x.shape[d]) ? at(x, inside) : value;
    }),
  flip: ([x], { attrs: { axes }, out }) =>
    moved(x, out, (index) => index.map((i, d) => (axes.includes(d) ? x.shape[d] - 1 - i : i))),
  gather: ([x, picks], { attrs: { axis }, out }) => moved(x, out, (i) => picked(i, axis, picks, x.shape[axis])),
  scatterAdd: ([base, picks, updates], { attrs: { axis }, out }) => {
    const sums = Float64Array.from(base.data);
    const strides = stridesOf(base.shape);
    for (const index of indicesOf(updates.shape)) {
      const target = picked(index, axis, picks, base.shape[axis]);
      sums[sum(target.map((i, d) => i * strides[d]))] += at(updates, index);
    }
    return make(out, (index) => sums[sum(index.map((i, d) => i * strides[d]))]);
  },
  cast: ([x], { out }) => moved(x, out, (i) => i),
  fill: (_, { attrs, out }) => make(out, () => attrs.value),
  iota: (_, { out }) => make(out, ([i]) => i),
};

export const toyBackend = (): Backend<Buffer> => ({
  contract: "v1",
  name: "toy",
  capabilities: { dtypes, readSync: true, hostMemory: true, deterministic: true, checksIndices: true },
  kernels,
  upload: (data, shape, dtype) => {
    if (dtypeOf(data) !== dtype || !dtypes.has(dtype))
      throw new DTypeError("upload", `no ${dtype}`, "convert it first");
    if (data.length !== sizeOf(shape))
      throw new ShapeError("upload", `${data.length} elements for [${shape}]`, "fill the shape");
    return { data: data.slice(), shape, dtype };
  },
  read: async ({ data }) => data.slice(),
  readSync: ({ data }) => data.slice(),
  free: () => undefined, // the garbage collector does it
  memory: () => ({ buffers: 0, bytes: 0 }),
  sync: async () => undefined,
  dispose: async () => undefined,
});

console.log(`${toyBackend().name}: ${Object.keys(kernels).length} kernels`);
