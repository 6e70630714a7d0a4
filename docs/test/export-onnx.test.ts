// The example that leaves as ONNX, run as a person runs it: what it prints of the differences has to hold.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unrolled-export-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const program = fileURLToPath(new URL("../dist/examples/export-onnx.js", import.meta.url));
const row = /^(\S+\.onnx) +([\d.]+) kB {2}.* largest difference to eager (\S+) of the scale$/gm;

/** Each file with its size in kB and its largest difference. */
function printed(stdout: string): Record<string, { readonly size: number; readonly difference: number }> {
  return Object.fromEntries(
    [...stdout.matchAll(row)].map(([, name, size, difference]) => [
      name,
      { size: Number(size), difference: Number(difference) },
    ]),
  );
}

it.each(["cpu", "tfjs:cpu", "tfjs:wasm"])(
  "agrees with the model on %s, whole and step by step",
  (backend) => {
    const out = backend.replace(":", "-");
    const args = [program, "--epochs", "3", "--backend", backend, "--out", out];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const files = printed(stdout);
    expect(Object.keys(files)).toEqual(["sine.onnx", "sine-stream.onnx", "sine-float16.onnx", "sine-int8.onnx"]);
    expect(files["sine.onnx"].difference).toBeLessThanOrEqual(1e-5);
    expect(files["sine-stream.onnx"].difference).toBeLessThanOrEqual(1e-5);
    expect(files["sine-float16.onnx"].difference).toBeLessThanOrEqual(2e-3);
    expect(files["sine-int8.onnx"].difference).toBeLessThanOrEqual(1e-1);
    expect(files["sine-float16.onnx"].size).toBeLessThan(0.65 * files["sine.onnx"].size);
    expect(files["sine-int8.onnx"].size).toBeLessThan(files["sine-float16.onnx"].size);

    const written = join(folder, out, "export-onnx");
    expect(readdirSync(written).sort()).toEqual(Object.keys(files).sort());
    for (const [name, { size }] of Object.entries(files))
      expect(statSync(join(written, name)).size / 1000).toBeCloseTo(size, 1);
    expect(stdout).toContain(`Wrote ${join(out, "export-onnx.svg")}`);
    expect(readFileSync(join(folder, out, "export-onnx.svg"), "utf8")).toContain("Continued");
  },
  60_000,
);

it("says where a folder cannot be written", () => {
  const args = [program, "--epochs", "1", "--out", program];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^sine\.onnx cannot be written: .* Choose another folder with --out\.\n$/);
}, 60_000);
