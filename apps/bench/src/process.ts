import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const jobFile = fileURLToPath(new URL("job.js", import.meta.url));

/** What a process printed behind the word RESULT; or how it broke; or why it could not be started. */
export type Outcome = { readonly result: object } | { readonly failed: string } | { readonly notStarted: string };

/** Runs `job.js` with a request. */
export async function runJob(request: object, seconds: number): Promise<Exclude<Outcome, { notStarted: string }>> {
  const outcome = await runProcess(process.execPath, ["--expose-gc", jobFile, JSON.stringify(request)], seconds);
  return "notStarted" in outcome ? { failed: outcome.notStarted } : outcome;
}

/** Runs a process that prints its result as a line of JSON, for so many seconds at most. */
export function runProcess(command: string, args: readonly string[], seconds: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    // Not spawn's own `timeout`, which keeps this process alive that long where nothing could be started.
    const timer = setTimeout(() => child.kill(), 1000 * seconds);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", ({ message }) => {
      clearTimeout(timer);
      resolve({ notStarted: message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const line = stdout.split("\n").findLast((text) => text.startsWith("RESULT "));
      if (code === 0 && line !== undefined) resolve({ result: JSON.parse(line.slice("RESULT ".length)) as object });
      else if (child.killed) resolve({ failed: `it did not end within ${seconds} s` });
      else resolve({ failed: reasonIn(stderr) ?? `it ended with ${signal ?? `exit status ${code}`} and no result` });
    });
  });
}

/** The line that names the error, of a stack trace in either language; else the last line. */
function reasonIn(stderr: string): string | undefined {
  const lines = stderr.trim().split("\n");
  return lines.findLast((line) => /^[\w.]*(Error|Exception)\b/.test(line)) ?? (lines.at(-1) || undefined);
}
