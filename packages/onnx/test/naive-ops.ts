import { type Attrs, type Meta, type PrimitiveOp, type Shape, sizeOf, stridesOf, table } from "@unrolled/backend";
import type { Host } from "./values.js";

type Index = readonly number[];

function indices(shape: Shape): Index[] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, flat) =>
    shape.map((size, i) => Math.floor(flat / strides[i]) % size),
  );
}

const offset = (shape: Shape, index: Index): number =>
  index.reduce((sum, i, axis) => sum + i * stridesOf(shape)[axis], 0);

const at = (x: Host, index: Index): number => x.data[offset(x.shape, index)];

/** The element of `x` that broadcasting puts at `index` of a larger shape. */
const spread = (x: Host, index: Index): number =>
  at(
    x,
    x.shape.map((size, i) => (size === 1 ? 0 : index[index.length - x.shape.length + i])),
  );

function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; n < 400; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const unary = {
  neg: (x: number) => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  relu: (x: number) => Math.max(x, 0),
  erf,
};

/** As C and PyTorch have it: 1 to any power is 1, and so is -1 to an infinite one, where JavaScript says NaN. */
function pow(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b;
}

const binary = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  pow,
  maximum: Math.max,
  minimum: Math.min,
  equal: (a: number, b: number) => Number(a === b),
  less: (a: number, b: number) => Number(a < b),
};

const inserted = (index: Index, axis: number, value: number): number[] => [
  ...index.slice(0, axis),
  value,
  ...index.slice(axis),
];

/** The elements of one output, computed an element at a time from the words of the op table. */
export function naiveOp<K extends PrimitiveOp>(op: K, inputs: readonly Host[], attrs: Attrs<K>): number[] {
  const rules = table[op] as unknown as { infer(inputs: readonly Meta[], attrs: unknown): readonly Meta[] };
  const [out] = rules.infer(inputs, attrs);
  const each = (f: (index: Index) => number): number[] => indices(out.shape).map(f);
  const [x, second, third] = inputs;
  if (op in unary) return each((i) => unary[op as keyof typeof unary](at(x, i)));
  if (op in binary) return each((i) => binary[op as keyof typeof binary](spread(x, i), spread(second, i)));
  const a = attrs as Attrs<"sum" & "max"> & Record<string, never>;
  const p = a as unknown as {
    axes: number[];
    axis: number;
    keepDims: boolean;
    reverse: boolean;
    transA: boolean;
    transB: boolean;
    perm: number[];
    starts: number[];
    steps: number[];
    before: number[];
    value: number;
    dtype: string;
  };
  const reduced = (axes: readonly number[], index: Index): number[] => {
    const matches = (full: Index): boolean => {
      const rest = p.keepDims
        ? full.map((v, d) => (axes.includes(d) ? 0 : v))
        : full.filter((_, d) => !axes.includes(d));
      return rest.every((v, d) => v === index[d]);
    };
    return indices(x.shape)
      .filter(matches)
      .map((full) => at(x, full));
  };
  const rest: { readonly [name: string]: () => number[] } = {
    where: () => each((i) => (spread(x, i) ? spread(second, i) : spread(third, i))),
    sum: () => each((i) => reduced(p.axes, i).reduce((s, v) => s + v, 0)),
    max: () => each((i) => Math.max(...reduced(p.axes, i))),
    argmax: () =>
      each((i) => {
        const row = reduced([p.axis], i);
        const firstNaN = row.findIndex(Number.isNaN);
        return firstNaN >= 0 ? firstNaN : row.indexOf(Math.max(...row));
      }),
    cumsum: () =>
      each((i) => {
        let sum = 0;
        const range = p.reverse ? [i[p.axis], x.shape[p.axis] - 1] : [0, i[p.axis]];
        for (let k = range[0]; k <= range[1]; k++)
          sum += at(
            x,
            i.map((v, d) => (d === p.axis ? k : v)),
          );
        return sum;
      }),
    matmul: () =>
      each((i) => {
        const [m, n] = i.slice(-2);
        const batch = i.slice(0, -2);
        const element = (t: Host, transposed: boolean, row: number, column: number): number => {
          const lead = t.shape.slice(0, -2);
          const own = lead.map((size, d) => (size === 1 ? 0 : batch[batch.length - lead.length + d]));
          return at(t, [...own, ...(transposed ? [column, row] : [row, column])]);
        };
        let sum = 0;
        const inner = x.shape[x.shape.length - (p.transA ? 2 : 1)];
        for (let k = 0; k < inner; k++) sum += element(x, p.transA, m, k) * element(second, p.transB, k, n);
        return sum;
      }),
    reshape: () => Array.from(x.data),
    transpose: () =>
      each((i) =>
        at(
          x,
          x.shape.map((_, d) => i[p.perm.indexOf(d)]),
        ),
      ),
    broadcast: () => each((i) => spread(x, i)),
    slice: () =>
      each((i) =>
        at(
          x,
          i.map((v, d) => p.starts[d] + v * p.steps[d]),
        ),
      ),
    concat: () =>
      each((i) => {
        let along = i[p.axis];
        for (const part of inputs) {
          if (along < part.shape[p.axis])
            return at(
              part,
              i.map((v, d) => (d === p.axis ? along : v)),
            );
          along -= part.shape[p.axis];
        }
        return Number.NaN;
      }),
    pad: () =>
      each((i) => {
        const inner = i.map((v, d) => v - p.before[d]);
        return inner.every((v, d) => v >= 0 && v < x.shape[d]) ? at(x, inner) : p.value;
      }),
    flip: () =>
      each((i) =>
        at(
          x,
          i.map((v, d) => (p.axes.includes(d) ? x.shape[d] - 1 - v : v)),
        ),
      ),
    gather: () =>
      each((i) => {
        const picked = at(second, i.slice(p.axis, p.axis + second.shape.length));
        return at(x, inserted([...i.slice(0, p.axis), ...i.slice(p.axis + second.shape.length)], p.axis, picked));
      }),
    scatterAdd: () => {
      const sums = Array.from(x.data);
      for (const i of indices(third.shape)) {
        const row = at(second, i.slice(p.axis, p.axis + second.shape.length));
        const others = [...i.slice(0, p.axis), ...i.slice(p.axis + second.shape.length)];
        sums[offset(x.shape, inserted(others, p.axis, row))] += at(third, i);
      }
      return sums;
    },
    cast: () =>
      each((i) => {
        const v = at(x, i);
        if (p.dtype === "bool") return Number(v !== 0);
        return p.dtype === "int32" ? Math.trunc(Number.isNaN(v) ? 0 : v) : v;
      }),
    fill: () => each(() => p.value),
    iota: () => each(([i]) => (p.dtype === "bool" ? Number(i !== 0) : i)),
  };
  return rest[op]();
}
