import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const jobFile = fileURLToPath(new URL("job.js", import.meta.url));

/** What a process printed behind the word RESULT, or why it printed nothing. */
export type Outcome = { readonly result: unknown } | { readonly failure: string };

/** Runs `job.js` with a request. */
export function runJob(request: object, seconds: number): Promise<Outcome> {
  return runProcess(process.execPath, ["--expose-gc", jobFile, JSON.stringify(request)], seconds);
}

/** Runs a process that prints its result as a line of JSON, for so many seconds at most. */
export async function runProcess(command: string, args: readonly string[], seconds: number): Promise<Outcome> {
  const { code, stdout, stderr } = await output(command, args, seconds);
  const line = stdout.split("\n").findLast((text) => text.startsWith("RESULT "));
  if (code === 0 && line !== undefined) return { result: JSON.parse(line.slice("RESULT ".length)) };
  return { failure: code === null ? `ended after ${seconds} s` : `failed: ${reasonIn(stderr, code)}` };
}

/** The line that names the error, of a stack trace in either language. */
function reasonIn(stderr: string, code: number): string {
  const lines = stderr.trim().split("\n");
  return lines.findLast((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? `exit code ${code}`;
}

function output(
  command: string,
  args: readonly string[],
  seconds: number,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 1000 * seconds });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => resolve({ code: 1, stdout, stderr: error.message }));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
