// The example that sends a training step away, run as a person runs it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it.each([
  ["without dropout", [], []],
  ["with dropout", ["--dropout"], [{ name: "Dropout.mask", shape: ["time", "batch", 50], probability: 0.8 }]],
])(
  "writes the step %s, all that a program in another language needs, and trains with it as eagerly",
  (_, options, masks) => {
    const folder = mkdtempSync(join(tmpdir(), "unrolled-training-"));
    try {
      const program = fileURLToPath(new URL("../dist/examples/export-training.js", import.meta.url));
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, "--epochs", "2", ...options], {
        cwd: folder,
        encoding: "utf8",
      });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      const difference = /largest relative difference to eager: (\S+)/.exec(stdout)?.[1];
      expect(Number(difference)).toBeLessThanOrEqual(1e-4);
      const written = join(folder, "out", "examples", "export-training");
      const manifest = JSON.parse(readFileSync(join(written, "manifest.json"), "utf8")) as Record<string, unknown>;
      const rates = [{ name: "Adam.0.lr", value: 0.001 }];
      expect(manifest).toMatchObject({ format: "unrolled-training", rates, masks });
      for (const file of ["step.onnx", "initial.npz", "data.npz"])
        expect(readFileSync(join(written, file)).length).toBeGreaterThan(1000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);
