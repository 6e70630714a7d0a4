import type { Backend, TypedArray } from "@unrolled/backend";
import { cpu, cpuFeatures, cpuReady } from "@unrolled/backend-cpu";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { Crew, type Job } from "../dist/wasm/threads/crew.js";
import { product, sameBits, sequence } from "./thread-cases.js";

const index: string = new URL("../dist/index.js", import.meta.url).href;

afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  for (const threads of [2, 3]) await cpu({ threads }).dispose();
});

/** Most threads that a job had; every job counts as worth all threads. */
function shareAll(): { most: number } {
  const seen = { most: 0 };
  const { share } = Crew.prototype;
  vi.spyOn(Crew.prototype, "share").mockImplementation(function (this: Crew, job: Job) {
    const part = (thread: number, threads: number): void => {
      seen.most = Math.max(seen.most, threads);
      job.part(thread, threads);
    };
    share.call(this, { ...job, part, work: 1e10 });
  });
  return seen;
}

async function threaded(threads: number): Promise<Backend<TypedArray>> {
  const backend = cpu({ threads });
  expect(await cpuReady(backend)).toEqual({ simd: cpuFeatures().simd, threads, reason: null });
  return backend;
}

describe("on a page that is cross-origin isolated", () => {
  test.each([2, 3])("%i threads give the same bits", async (threads) => {
    expect(globalThis.crossOriginIsolated).toBe(true);
    const backend = await threaded(threads);
    const seen = shareAll();
    for (const one of [
      product(65, 129, 77),
      sequence("lstmSequence", { T: 7, B: 5, I: 9, H: 33 }, { reverse: false }, true),
      sequence("gruSequence", { T: 9, B: 1, I: 5, H: 70 }, { resetAfter: true, reverse: true }),
      sequence("rnnSequence", { T: 9, B: 3, I: 5, H: 70 }, { nonlinearity: "tanh", reverse: false }),
    ]) {
      const expected = one.run(cpu());
      for (let i = 0; i < 30; i++) expect(sameBits(one.run(backend), expected), one.name).toBe(true);
    }
    expect(seen.most).toBeGreaterThan(1);
  });

  test("memory grows while workers run, and they fall asleep in between", async () => {
    const backend = await threaded(2);
    shareAll();
    for (const n of [100, 300, 700, 1500]) {
      const one = product(n, 50, n);
      expect(sameBits(one.run(backend), one.run(cpu()))).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  test("a disposed backend goes on with one thread", async () => {
    const backend = await threaded(4);
    await backend.dispose();
    expect(cpuFeatures(backend)).toMatchObject({ threads: 1, reason: "the backend was disposed" });
    const one = product(65, 129, 77);
    expect(sameBits(one.run(backend), one.run(cpu()))).toBe(true);
  });
});

interface Found {
  readonly isolated: boolean;
  readonly features: ReturnType<typeof cpuFeatures>;
  readonly product: readonly number[];
}

/** A product of whole numbers, which all kernels give exactly. Its text also runs in a frame. */
function integerProduct(backend: Backend<TypedArray>): readonly number[] {
  const meta = { shape: [64, 64], dtype: "float32" } as const;
  const a = Float32Array.from({ length: 4096 }, (_, i) => i % 7);
  const call = { attrs: { transA: false, transB: false }, in: [meta, meta], out: [meta] } as const;
  return Array.from(backend.kernels.matmul([a, a], call)[0]);
}

/** What a frame with these restrictions computes with. */
function inFrame(allow: string, policy: string): Promise<Found> {
  const program = `
    const { cpu, cpuReady } = await import(${JSON.stringify(index)});
    const backend = cpu({ threads: 2 });
    const features = await cpuReady(backend);
    const product = (${integerProduct.toString()})(backend);
    parent.postMessage({ isolated: crossOriginIsolated, features, product }, "*");`;
  const frame = document.createElement("iframe");
  frame.allow = allow;
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script type="module">${program.replaceAll("</", "<\\/")}</script>`;
  return new Promise((resolve) => {
    addEventListener("message", function listener({ data, source }) {
      if (source !== frame.contentWindow) return;
      removeEventListener("message", listener);
      frame.remove();
      resolve(data as Found);
    });
    document.body.append(frame);
  });
}

describe("on a page that restricts it", () => {
  test("without isolation, one thread works and says why", async () => {
    const { isolated, features, product: values } = await inFrame("cross-origin-isolated 'none'", "");
    expect(values).toEqual(integerProduct(cpu()));
    expect(isolated).toBe(false);
    expect(features).toEqual({
      simd: cpuFeatures().simd,
      threads: 1,
      reason: expect.stringMatching(/cross-origin isolated/),
    });
  });

  test("a content security policy without blob: workers", async () => {
    const { isolated, features, product: values } = await inFrame("cross-origin-isolated", "worker-src 'none'");
    expect(isolated).toBe(true);
    expect(values).toEqual(integerProduct(cpu()));
    expect(features).toEqual({ simd: cpuFeatures().simd, threads: 1, reason: expect.stringMatching(/worker-src/) });
  });

  test("a content security policy without WebAssembly leaves the plain kernels", async () => {
    const { features, product: values } = await inFrame("cross-origin-isolated", "script-src 'self' 'unsafe-inline'");
    expect(values).toEqual(integerProduct(cpu()));
    expect(features).toEqual({ simd: "off", threads: 1, reason: expect.stringMatching(/CompileError/) });
  });

  test("without isolation and WebAssembly both are named, WebAssembly first", async () => {
    const { features } = await inFrame("cross-origin-isolated 'none'", "script-src 'self' 'unsafe-inline'");
    expect(features).toMatchObject({
      simd: "off",
      reason: expect.stringMatching(/CompileError.*cross-origin isolated/),
    });
  });
});
