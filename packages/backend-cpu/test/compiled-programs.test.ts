// What the compiled runner promises besides right numbers of single ops: accuracy of its own functions, sizes, threads, memory.
import {
  ArgumentError,
  BackendError,
  type Graph,
  type GraphNode,
  type GraphValue,
  type HostTensor,
  type Op,
  type Shape,
} from "@unrolled/backend";
import { cpu, cpuReady, cpuRunner } from "@unrolled/backend-cpu";
import { generator } from "@unrolled/testkit";
import { describe, expect, it, vi } from "vitest";

let made = 0;
const value = (shape: Shape): GraphValue => ({ id: made++, shape, dtype: "float32" });
const node = (op: Op, inputs: readonly GraphValue[], output: GraphValue, attrs: object = {}): GraphNode =>
  ({ kind: "op", op, attrs, inputs, outputs: [output] }) as unknown as GraphNode;
const tensor = (data: Float32Array, shape: Shape): HostTensor => ({ data, shape, dtype: "float32" });

function graphOf(inputs: readonly GraphValue[], nodes: readonly GraphNode[], output: GraphValue): Graph {
  return {
    name: "test",
    inputs: inputs.map((input, i) => ({ name: `x${i}`, value: input })),
    outputs: [{ name: "y", value: output }],
    state: [],
    constants: new Map(),
    nodes,
  };
}

const noise = (n: number, scale = 1): Float32Array => {
  const random = generator(`noise ${n}`);
  return Float32Array.from({ length: n }, () => scale * random.uniform(-1, 1));
};

describe("functions in code of their own", () => {
  const functions: Partial<Record<Op, (x: number) => number>> = {
    exp: Math.exp,
    tanh: Math.tanh,
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    log: Math.log,
  };

  it.each(Object.keys(functions) as Op[])("%s is off by 1e-6 of its value at most", async (op) => {
    const exponents = Array.from({ length: 276 }, (_, i) => 2 ** (i / 2 - 128));
    const near = Array.from({ length: 4000 }, (_, i) => (i - 2000) / 45);
    const all = Float32Array.from([...near, ...exponents, ...exponents.map((x) => -x)]).filter(
      (x) => op !== "log" || x > 0,
    );
    const [x, y] = [value([all.length]), value([all.length])];
    const program = await cpuRunner().prepare(graphOf([x], [node(op, [x], y)], y));
    const found = (await program.run({ x0: tensor(all, [all.length]) })).y.data;
    const exact = functions[op] as (x: number) => number;
    all.forEach((input, i) => {
      const wanted = Math.fround(exact(input));
      // Below the smallest normal number there are fewer digits: one unit is allowed.
      const allowed = Math.max(1e-6 * Math.abs(wanted), 1.5e-45);
      const isRight = Object.is(found[i], wanted) || Math.abs(found[i] - wanted) <= allowed;
      if (!isRight) expect(found[i], `${op}(${input})`).toBe(wanted);
    });
    await program.dispose();
  });

  it("leave what is no number, and go on to infinity, as JavaScript does", async () => {
    const special = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0);
    for (const [op, exact] of Object.entries(functions)) {
      const [x, y] = [value([5]), value([5])];
      const program = await cpuRunner().prepare(graphOf([x], [node(op as Op, [x], y)], y));
      const { data } = (await program.run({ x0: tensor(special, [5]) })).y;
      expect([op, ...data]).toEqual([op, ...Array.from(special, (input) => Math.fround(exact(input)))]);
      await program.dispose();
    }
  });
});

describe("named sizes", () => {
  const time = { terms: [{ coefficient: 1, factors: ["time"] }] };

  const setUp = async () => {
    const [x, y] = [value([3, 2]), value([3, 2])];
    const graph: Graph = {
      ...graphOf([x], [node("add", [x, x], y)], y),
      dims: { sizes: { time: 3 }, attrs: new Map(), shapes: new Map([x, y].map((one) => [one, [time, 2]])) },
    };
    const program = await cpuRunner().prepare(graph);
    const run = async (length: number): Promise<void> => {
      const data = noise(2 * length);
      const result = (await program.run({ x0: tensor(data, [length, 2]) })).y;
      expect(result.shape).toEqual([length, 2]);
      expect(result.data).toEqual(data.map((v) => 2 * v));
    };
    return { program, run };
  };

  it("are compiled once each, hundreds of them", async () => {
    const { program, run } = await setUp();
    for (let length = 0; length < 300; length++) await run(length);
    const compiled = vi.spyOn(WebAssembly, "Module");
    for (let length = 0; length < 300; length++) await run(length);
    expect(compiled).not.toHaveBeenCalled();
    compiled.mockRestore();
    await program.dispose();
  });

  it("of more lengths than are kept run one after the other, and again", async () => {
    const { program, run } = await setUp();
    const most = 1400;
    for (let length = 0; length < most; length++) await run(length);
    const compiled = vi.spyOn(WebAssembly, "Module");
    await run(most - 1);
    expect(compiled).not.toHaveBeenCalled();
    await run(0);
    expect(compiled).toHaveBeenCalledTimes(1);
    compiled.mockRestore();
    await program.dispose();
  });
});

describe("large products", () => {
  const [m, k, n] = [160, 120, 130];
  const [a, b, product, squashed] = [value([m, k]), value([k, n]), value([m, n]), value([m, n])];
  const attrs = { transA: false, transB: false };
  const graph = graphOf([a, b], [node("matmul", [a, b], product, attrs), node("tanh", [product], squashed)], squashed);
  const inputs = { x0: tensor(noise(m * k, 0.2), [m, k]), x1: tensor(noise(k * n, 0.2), [k, n]) };

  it("are the same bits on the threads of a backend", async () => {
    const threaded = cpu({ threads: 2 });
    await cpuReady(threaded);
    const runner = threaded.graphRunner;
    if (runner === undefined) throw new Error("no runner");
    const [one, two] = await Promise.all([cpuRunner().prepare(graph), runner.prepare(graph)]);
    const [alone, together] = await Promise.all([one.run(inputs), two.run(inputs)]);
    expect(together.y.data).toEqual(alone.y.data);
    const { data } = inputs.x0;
    const sum = Array.from({ length: k }, (_, p) => data[p] * inputs.x1.data[p * n]).reduce((s, v) => s + v, 0);
    expect(alone.y.data[0]).toBeCloseTo(Math.tanh(sum), 5);
    await Promise.all([one.dispose(), two.dispose()]);
    await threaded.dispose();
  });
});

describe("memory", () => {
  it("of programs that were disposed of is used again", async () => {
    const [x, y] = [value([1 << 18]), value([1 << 18])];
    const graph = graphOf([x], [node("neg", [x], y)], y);
    const input = { x0: tensor(noise(1 << 18), [1 << 18]) };
    const before = process.memoryUsage().external;
    for (let i = 0; i < 200; i++) {
      const program = await cpuRunner().prepare(graph);
      await program.run(input);
      await program.dispose();
    }
    // 200 programs of 2 MB each, had their memory been kept
    expect(process.memoryUsage().external - before).toBeLessThan(300 * 2 ** 20);
  });
});

describe("options", () => {
  it("are those of cpu, and others are refused", async () => {
    expect(cpuRunner({ simd: "simd128" })).toBe(cpu({ simd: "simd128" }).graphRunner);
    expect(() => cpuRunner(4 as never)).toThrow(ArgumentError);
    expect(() => cpuRunner({ workers: 4 } as never)).toThrow(/unknown option workers/);
    expect(() => cpuRunner({ simd: "off" })).toThrow(BackendError);
  });
});
