import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { ArgumentError, type Backend, BackendError, type TypedArray } from "@unrolled/backend";
import { cpu, cpuFeatures, cpuReady } from "@unrolled/backend-cpu";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { Crew, type Job } from "../dist/wasm/threads/crew.js";
import { type Case, linear, product, sameBits, sequence } from "./thread-cases.js";

const share = Crew.prototype.share;
const counts = [2, 3, 4];

/** Threads that each job had, by the kernel's name. */
function watchJobs(work?: number): Map<string, number[]> {
  const seen = new Map<string, number[]>();
  vi.spyOn(Crew.prototype, "share").mockImplementation(function (this: Crew, job: Job) {
    const part = (thread: number, threads: number): void => {
      seen.set(job.name, [...(seen.get(job.name) ?? []), threads]);
      job.part(thread, threads);
    };
    share.call(this, { ...job, part, work: work ?? job.work });
  });
  return seen;
}

/** Every job counts as worth all threads, so that small sizes are shared, too. */
const shareAll = (): Map<string, number[]> => watchJobs(1e10);

async function threaded(threads: number): Promise<Backend<TypedArray>> {
  const backend = cpu({ threads });
  expect(await cpuReady(backend)).toEqual({ simd: cpuFeatures().simd, threads, reason: null });
  return backend;
}

afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  for (const threads of counts) await cpu({ threads }).dispose();
});

const attrs = {
  rnnSequence: [
    { nonlinearity: "tanh", reverse: false },
    { nonlinearity: "relu", reverse: true },
  ],
  lstmSequence: [{ reverse: false }, { reverse: true }],
  gruSequence: [
    { resetAfter: true, reverse: false },
    { resetAfter: false, reverse: true },
  ],
} as const;

const cases: Case[] = [
  product(1, 300, 77),
  product(33, 17, 129),
  product(65, 129, 33, true, false),
  product(5, 515, 24, false, true),
  product(257, 30, 41, true, true),
  linear(33, 65, 17),
  linear(1, 129, 33),
];
for (const op of ["rnnSequence", "lstmSequence", "gruSequence"] as const) {
  for (const [T, B, I, H] of [
    [1, 1, 1, 1],
    [7, 1, 5, 33],
    [5, 2, 3, 7],
    [3, 3, 17, 65],
    [9, 5, 1, 12],
    [6, 33, 7, 17],
  ]) {
    for (const some of attrs[op]) {
      cases.push(sequence(op, { T, B, I, H }, some, B === 3 || B === 33));
      if (op !== "lstmSequence") continue;
      for (const P of [Math.ceil(H / 3), H + 2]) cases.push(sequence(op, { T, B, I, H, P }, some, B === 3 || B === 33));
    }
  }
}

describe.each(counts)("%i threads", (threads) => {
  test.each(cases)("give the same bits: $name", async (one) => {
    const backend = await threaded(threads);
    const expected = one.run(cpu());
    const seen = shareAll();
    const shared = (): boolean => [...seen.values()].every((used) => Math.max(...used) > 1);
    // On a busy machine workers may come too late for a job.
    for (let i = 0; i < 5 || (i < 500 && !shared()); i++) expect(sameBits(one.run(backend), expected)).toBe(true);
    expect(shared()).toBe(true);
  });

  test("give the same bits 200 times", async () => {
    const backend = await threaded(threads);
    shareAll();
    for (const one of [
      product(37, 41, 53),
      ...(["rnnSequence", "lstmSequence", "gruSequence"] as const).flatMap((op) => [
        sequence(op, { T: 11, B: 7, I: 5, H: 19 }, attrs[op][0], true),
        sequence(op, { T: 9, B: 1, I: 5, H: 70 }, attrs[op][1]),
      ]),
    ]) {
      const expected = one.run(cpu());
      let equal = 0;
      for (let i = 0; i < 200; i++) if (sameBits(one.run(backend), expected)) equal++;
      expect(equal, one.name).toBe(200);
    }
  });
});

test("two backends at once, small and large kernels, and pauses in which workers fall asleep", async () => {
  const backends = [await threaded(2), await threaded(3), cpu()];
  const mix = [
    product(4, 4, 4),
    product(300, 300, 300),
    sequence("lstmSequence", { T: 2, B: 2, I: 2, H: 4 }, attrs.lstmSequence[0]),
    sequence("lstmSequence", { T: 40, B: 16, I: 20, H: 64 }, attrs.lstmSequence[0]),
    product(130, 128, 127),
  ];
  const expected = mix.map((one) => one.run(cpu()));
  for (let i = 0; i < 60; i++) {
    for (const backend of backends) {
      const k = (i * 3 + backends.indexOf(backend)) % mix.length;
      expect(sameBits(mix[k].run(backend), expected[k]), mix[k].name).toBe(true);
    }
    if (i % 12 === 11) await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test("small work stays on one thread, large work is shared", async () => {
  const backend = await threaded(2);
  const seen = watchJobs();
  for (let i = 0; i < 10; i++) product(40, 40, 40).run(backend);
  expect(Math.max(...(seen.get("batchedMatmul") ?? []))).toBe(1);
  const most = (): number => Math.max(...(seen.get("batchedMatmul") ?? []));
  for (let i = 0; i < 100 && most() < 2; i++) product(700, 500, 500).run(backend);
  expect(most()).toBe(2);
});

test("memory that grows while workers run", async () => {
  const backend = await threaded(4);
  shareAll();
  for (const n of [100, 300, 700, 1500]) {
    const one = product(n, 50, n);
    expect(sameBits(one.run(backend), one.run(cpu()))).toBe(true);
  }
});

describe("options", () => {
  test("equal ones give the same backend, whose name tells them", () => {
    expect(cpu({})).toBe(cpu());
    expect(cpu({ threads: 1, simd: "auto" })).toBe(cpu());
    expect(cpu({ threads: 2 })).toBe(cpu({ threads: 2, simd: "auto" }));
    expect([cpu(), cpu({ threads: 2 }), cpu({ simd: "off" })].map(({ name }) => name)).toEqual([
      "cpu",
      "cpu-2t",
      "cpu-off",
    ]);
  });

  test.each([0, -1, 1.5, 17, Number.NaN, Number.POSITIVE_INFINITY])("threads: %d is refused", (threads) => {
    expect(() => cpu({ threads })).toThrow(ArgumentError);
  });

  test("what does not exist or fit is refused", () => {
    const loose = cpu as (options: object) => unknown;
    expect(() => loose({ thread: 2 })).toThrow(/unknown option thread/);
    expect(() => loose({ threads: "2" })).toThrow(/threads is 2/);
    expect(() => loose({ simd: "avx" })).toThrow(/simd is avx/);
    expect(() => cpu({ simd: "off", threads: 2 })).toThrow(/simd is off/);
  });

  test("simd", () => {
    expect(cpuFeatures(cpu({ simd: "off" }))).toEqual({ simd: "off", threads: 1, reason: null });
    expect(cpuFeatures(cpu({ simd: "simd128" }))).toEqual({ simd: "simd128", threads: 1, reason: null });
    if (cpuFeatures().simd === "relaxed") expect(cpuFeatures(cpu({ simd: "relaxed" })).simd).toBe("relaxed");
    else expect(() => cpu({ simd: "relaxed" })).toThrow(BackendError);
  });

  test("features of another backend are not known", () => {
    expect(() => cpuFeatures({ ...cpu() })).toThrow(BackendError);
  });
});

describe("threads that are not there", () => {
  const one = product(90, 80, 70);

  test("while they start, and after dispose, one thread does the work", async () => {
    const backend = cpu({ threads: 6 });
    expect(cpuFeatures(backend).reason).toMatch(/starting/);
    expect(sameBits(one.run(backend), one.run(cpu()))).toBe(true);
    expect((await cpuReady(backend)).threads).toBe(6);
    await backend.dispose();
    expect(await cpuReady(backend)).toMatchObject({ threads: 1, reason: "the backend was disposed" });
    expect(sameBits(one.run(backend), one.run(cpu()))).toBe(true);
    expect(cpu({ threads: 6 })).not.toBe(backend);
    await cpu({ threads: 6 }).dispose();
  });

  test("they come up while a program never waits, as in a loop of training steps", async () => {
    const backend = cpu({ threads: 8 });
    for (let i = 0; i < 1e5 && cpuFeatures(backend).threads < 8; i++) one.run(backend);
    expect(cpuFeatures(backend).threads).toBe(8);
    await backend.dispose();
  });

  test("a worker that fails is an error, then one thread goes on", async () => {
    const backend = await threaded(5);
    const jobs: Job[] = [];
    vi.spyOn(Crew.prototype, "share").mockImplementation(function (this: Crew, job: Job) {
      jobs.push(job);
      // Only the workers get the address that lies outside.
      const args = job.args.map((value, i) => (i === 10 ? 2 ** 31 : value));
      share.call(this, { ...job, args, work: 1e10 });
    });
    let error: unknown;
    for (let i = 0; i < 20 && error === undefined; i++) {
      try {
        one.run(backend);
      } catch (caught) {
        error = caught;
      }
    }
    expect(error).toBeInstanceOf(BackendError);
    expect(String(error)).toMatch(/batchedMatmul: a worker thread failed: RuntimeError: memory access out of bounds/);
    vi.restoreAllMocks();
    expect(cpuFeatures(backend)).toMatchObject({
      threads: 1,
      reason: expect.stringMatching(/failed in batchedMatmul/),
    });
    expect(sameBits(one.run(backend), one.run(cpu()))).toBe(true);
    await backend.dispose();
  });

  test("workers that end leave the work to one thread", async () => {
    const started: Worker[] = [];
    const notice = (worker: Worker): unknown => started.push(worker);
    process.on("worker", notice);
    const backend = await threaded(7);
    process.off("worker", notice);
    shareAll();
    const expected = one.run(cpu());
    expect(started.length).toBe(6);
    const ends = started.map((worker) => worker.terminate());
    for (let i = 0; i < 50; i++) expect(sameBits(one.run(backend), expected)).toBe(true);
    await Promise.all(ends);
    expect(cpuFeatures(backend)).toMatchObject({ threads: 1, reason: expect.stringMatching(/lost: it ended/) });
    expect(sameBits(one.run(backend), expected)).toBe(true);
    await backend.dispose();
  });
});

test.each([
  ["before the workers are up", ""],
  ["while they sleep", "await cpuReady(cpu({ threads: 3 })); await new Promise((resolve) => setTimeout(resolve, 20));"],
])("a process ends by itself %s", (_, wait) => {
  const index = new URL("../dist/index.js", import.meta.url);
  const program = `import { cpu, cpuReady } from ${JSON.stringify(index)}; cpu({ threads: 3 }); ${wait} console.log("done");`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    encoding: "utf8",
    timeout: 30_000,
  });
  expect({ stdout, stderr, status }).toEqual({ stdout: "done\n", stderr: "", status: 0 });
});
