import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Where results go. Raises a line that says why nothing can be written there, before anything is timed. */
export function resultsFile(name: string): string {
  const file = resolve(name);
  const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
  if (name === "" || isFolder) throw new Error(`--json names a file, and "${name}" is none`);
  try {
    mkdirSync(dirname(file), { recursive: true });
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new Error(`nothing can be written to ${file}`, { cause });
  }
  return file;
}
