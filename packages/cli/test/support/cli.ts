import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 }); // each run starts a process

export const main: string = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder that a person stands in: goes away with the test. */
export class Place {
  readonly folder: string = mkdtempSync(join(tmpdir(), "unrolled-cli-"));

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(name: string, content: string | Uint8Array): this {
    writeFileSync(this.path(name), content);
    return this;
  }

  read(...names: string[]): string {
    return readFileSync(this.path(...names), "utf8");
  }

  bytes(...names: string[]): Buffer {
    return readFileSync(this.path(...names));
  }

  /** Everything in the folder or one below it, hidden files too; nothing where there is none. */
  list(...names: string[]): string[] {
    return existsSync(this.path(...names)) ? readdirSync(this.path(...names)).sort() : [];
  }

  run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    const child = spawn(process.execPath, [main, ...args], { cwd: this.folder, env: { ...process.env, ...env } });
    return outcome(child);
  }
}

export function outcome(child: ReturnType<typeof spawn>): Promise<Outcome> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...texts }));
  });
}

/** Daily values with a weekly season and a slow trend. */
export function dailyCsv(rows = 120, column = "sales"): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const day = new Date(Date.UTC(2023, 0, 1 + i)).toISOString().slice(0, 10);
    return `${day},${(100 + i / 10 + 20 * Math.sin((2 * Math.PI * i) / 7) + 3 * Math.sin(i * i)).toFixed(2)}`;
  });
  return `date,${column}\n${lines.join("\n")}\n`;
}

/** Settings with which a run takes a moment. */
export const tiny: readonly string[] = ["--horizon=7", "--window=14", "--holdout=30", "--hidden-size=4", "--epochs=2"];
