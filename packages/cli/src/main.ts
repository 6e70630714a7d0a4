import { CommanderError } from "commander";
import { plainText } from "./charts/plot-data.js";
import { runForecast } from "./forecast/command.js";
import { Interrupted } from "./interrupt.js";
import { buildProgram } from "./program.js";
import { UserError } from "./user-error.js";

const usageExit = 2;
const internalExit = 1;

/** Whoever reads the output may leave early, as `head` does: what follows is dropped, the files are still written. */
function dropOutputWithoutReader(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

async function main(args: readonly string[]): Promise<number> {
  const program = buildProgram({ forecast: runForecast });
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return report(error, args.includes("--debug") || Boolean(process.env.DEBUG));
  }
}

/** Tells what went wrong, and returns the exit code that says it to programs. */
function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExit; // it has spoken already
  if (error instanceof Interrupted) {
    process.stderr.write("Interrupted: nothing was written.\n");
    return error.exitCode;
  }
  if (error instanceof UserError) {
    process.stderr.write(`error: ${plainText(error.message)}\n`);
    return usageExit;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`internal error: ${plainText(message)}\n`);
  if (debug) process.stderr.write(`${error instanceof Error ? error.stack : ""}\n`);
  else
    process.stderr.write("This is a fault of unrolled, not of yours: run again with --debug for where it happened.\n");
  return internalExit;
}

dropOutputWithoutReader(process.stdout);
dropOutputWithoutReader(process.stderr);
process.exitCode = await main(process.argv.slice(2));
