import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UnrolledError } from "unrolled";
import { HelpRequest, UsageError } from "./options.js";

/**
 * Runs `main` if the module with this `import.meta.url` is the program that Node was started with, and not an import.
 * A UsageError, or a backend that cannot be had, ends it with its message and exit code 2, a HelpRequest with its message and 0.
 */
export async function runIfProgram(url: string, main: (args: readonly string[]) => Promise<void>): Promise<void> {
  const program = process.argv[1];
  if (program === undefined || realpathSync(program) !== fileURLToPath(url)) return;
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (error instanceof HelpRequest) {
      console.log(error.message);
      return;
    }
    const absentBackend = UnrolledError.is(error) && error.op === "tfjs";
    if (!(error instanceof UsageError) && !absentBackend) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
