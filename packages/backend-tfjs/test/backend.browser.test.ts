// Named here so that the dev server prepares them before the first test, not at the first dynamic import.
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgl";
import "@tensorflow/tfjs-backend-webgpu";
import { type TfjsEngine, tfjs } from "@unrolled/backend-tfjs";
import { runConformance } from "@unrolled/testkit";
import { describe, expect, test } from "vitest";

// On software rendering, as in most containers, webgl needs a minute.
const patience = { timeout: 240_000 };

async function expectToConform(engine: TfjsEngine): Promise<void> {
  const { failed, passed, skipped } = await runConformance({ name: `tfjs-${engine}`, backend: () => tfjs(engine) });
  expect(failed).toEqual([]);
  expect(skipped).toEqual([]);
  expect(passed.length).toBeGreaterThan(2000);
}

test.each(["cpu", "wasm", "webgl"] as const)("%s conforms in a browser", patience, expectToConform);

const adapter =
  (await (navigator as { gpu?: { requestAdapter(): Promise<object | null> } }).gpu?.requestAdapter()) ?? null;
if (adapter === null) console.warn("Skipped, as this browser offers no WebGPU adapter: tfjs webgpu");

describe.skipIf(adapter === null)("webgpu", () => {
  test("conforms in a browser", patience, () => expectToConform("webgpu"));

  test("is read by await only", async () => {
    const backend = await tfjs("webgpu");
    expect(backend.capabilities.readSync).toBe(false);
    expect(backend.readSync).toBeUndefined();
    const x = backend.upload(Float32Array.of(1, 2), [2], "float32");
    expect(await backend.read(x)).toEqual(Float32Array.of(1, 2));
    await backend.dispose();
  });
});

test("two engines work at once, each on its own buffers", async () => {
  const [webgl, wasm] = [await tfjs("webgl"), await tfjs("wasm")];
  const meta = { shape: [2], dtype: "float32" } as const;
  const call = { attrs: {}, in: [meta, meta], out: [meta] } as const;
  const sums: number[][] = [];
  for (const backend of [webgl, wasm]) {
    const x = backend.upload(Float32Array.of(1, 2), [2], "float32");
    const [y] = backend.kernels.add([x, x], call);
    sums.push(Array.from(await backend.read(y)));
    expect(() => (backend === webgl ? wasm : webgl).free(x)).toThrow("stale");
  }
  expect(sums).toEqual([
    [2, 4],
    [2, 4],
  ]);
  await webgl.dispose();
  await wasm.dispose();
});
