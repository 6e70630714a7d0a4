import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode, UserError } from "./user-error.js";

export interface OutputFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
}

const remedy = "choose another folder with --out";

/** Makes sure, before any long work, that files can be written there. Leaves nothing behind. */
export function checkWritable(folder: string): void {
  translated(folder, () => {
    if (existsSync(folder) && !statSync(folder).isDirectory()) {
      throw new UserError(`${folder} is a file, so no folder of that name can be written; ${remedy}`);
    }
    let place = folder;
    while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
    rmSync(mkdtempSync(join(place, ".unrolled-")), { recursive: true });
  });
}

/**
 * Writes all files or none: first into a temporary folder beside their place, then moved there. Files of the same names are
 * replaced, others stay.
 */
export function writeTogether(folder: string, files: readonly OutputFile[]): WrittenFile[] {
  return translated(folder, () => {
    const firstMade = mkdirSync(folder, { recursive: true });
    const temporary = mkdtempSync(join(folder, ".unrolled-"));
    try {
      for (const { name, content } of files) writeFileSync(join(temporary, name), content);
      moveIn(folder, temporary, files);
    } catch (error) {
      rmSync(firstMade ?? temporary, { recursive: true, force: true });
      throw error;
    }
    rmSync(temporary, { recursive: true, force: true });
    return files.map(({ name }) => ({ path: join(folder, name), bytes: statSync(join(folder, name)).size }));
  });
}

/** Moves new files in and the old ones out; where a move fails, all are moved back. */
function moveIn(folder: string, temporary: string, files: readonly OutputFile[]): void {
  const undo: (() => void)[] = [];
  const move = (from: string, to: string): void => {
    renameSync(from, to);
    undo.push(() => renameSync(to, from));
  };
  const old = join(temporary, "old");
  mkdirSync(old);
  try {
    for (const { name } of files) {
      const place = join(folder, name);
      if (existsSync(place)) {
        if (!statSync(place).isFile()) throw new UserError(`${place} is not a file and would be in the way; ${remedy}`);
        move(place, join(old, name));
      }
      move(join(temporary, name), place);
    }
  } catch (error) {
    for (const back of undo.reverse()) back();
    throw error;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "there is no permission to write there",
  EPERM: "there is no permission to write there",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of the path is a file",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "a part of the path does not exist and cannot be made",
};

function translated<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new UserError(`cannot write into ${folder}: ${reasons[code] ?? code}; ${remedy}`, { cause: error });
  }
}
