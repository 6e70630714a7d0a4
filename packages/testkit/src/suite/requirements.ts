import { ArgumentError, type Backend, type DType, dtypes, type Runner } from "@unrolled/backend";
import { described } from "../assert/described.js";

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Refuses a name that would head no report. */
export function requireName(where: string, name: unknown): void {
  if (typeof name === "string" && name.trim() !== "") return;
  throw new ArgumentError(where, `name is ${described(name)}`, 'give what heads the report, such as name: "cpu"');
}

/** Refuses an engine where a function that makes one goes. */
export function requireFactory(where: string, option: "backend" | "runner", make: unknown): void {
  if (typeof make === "function") return;
  const remedy = `give a function that makes it, such as ${option}: () => mine()`;
  throw new ArgumentError(where, `${option} is ${described(make)}, not a function`, remedy);
}

const methods = ["upload", "read", "free", "memory", "sync", "dispose"] as const;

/** Refuses what lacks a part that all cases use. Of kernels, only those in `ops` must be there. */
export function requireBackend(where: string, made: unknown, ops: readonly string[] = []): Backend {
  const remedy = "return a Backend, or a promise of one; see the interface in @unrolled/backend";
  if (!isRecord(made)) throw new ArgumentError(where, `backend() gave ${described(made)}`, remedy);
  const { kernels, capabilities } = made;
  const dtypesAreThere = isRecord(capabilities) && isSet(capabilities.dtypes);
  const missing = [
    ...(isRecord(kernels)
      ? ops.filter((op) => typeof kernels[op] !== "function").map((op) => `kernels.${op}`)
      : ["kernels"]),
    ...(dtypesAreThere ? [] : ["a Set capabilities.dtypes"]),
    ...methods.filter((method) => typeof made[method] !== "function"),
  ];
  if (missing.length === 0) return made as unknown as Backend;
  throw new ArgumentError(where, `backend() gave an object without ${missing.join(", ")}`, remedy);
}

/** Refuses what is no Runner at all. */
export function requireRunner(where: string, made: unknown): Runner {
  if (isRecord(made) && typeof made.prepare === "function") return made as unknown as Runner;
  throw new ArgumentError(
    where,
    `runner() gave ${described(made)}${isRecord(made) ? " without prepare" : ""}`,
    "return a Runner, or a promise of one; see the interface in @unrolled/backend",
  );
}

function isSet(value: unknown): boolean {
  return value instanceof Set || Object.prototype.toString.call(value) === "[object Set]";
}

/** Refuses dtypes that do not exist, as no case would look at them. */
export function requireDTypes(where: string, given: ReadonlySet<DType>): void {
  const known = dtypes.join(", ");
  if (!isSet(given)) {
    throw new ArgumentError(
      where,
      `dtypes is ${described(given)}, not a Set`,
      `give new Set(["float32"]), of ${known}`,
    );
  }
  if (given.size === 0) throw new ArgumentError(where, "dtypes is empty", `give one or more of ${known}`);
  requireAmong(where, "dtypes", [...given], dtypes);
}

/** Refuses a value that is none of those known. */
export function requireOneOf(where: string, option: string, value: unknown, known: readonly string[]): void {
  if (typeof value === "string" && known.includes(value)) return;
  const list = known.map((name) => JSON.stringify(name)).join(", ");
  throw new ArgumentError(where, `${option} is ${described(value)}`, `use one of ${list}`);
}

/** Refuses names, in a list of them, that are none of those known. */
export function requireAmong(where: string, option: string, given: readonly unknown[], known: readonly string[]): void {
  const unknown = given.filter((name) => typeof name !== "string" || !known.includes(name));
  if (unknown.length === 0) return;
  throw new ArgumentError(
    where,
    `${option} names ${unknown.map(described).join(", ")}, which ${unknown.length === 1 ? "is" : "are"} not known`,
    `the ${option} are ${known.join(", ")}`,
  );
}

/** The cases about the given ops or topics; all if none are given. Refuses names of no case. */
export function casesAbout<C extends { readonly op: string }>(
  where: string,
  option: "ops" | "topics",
  all: readonly C[],
  given: readonly string[] | undefined,
): readonly C[] {
  if (given === undefined) return all;
  const known = [...new Set(all.map(({ op }) => op))];
  if (!Array.isArray(given) || given.length === 0) {
    const problem = Array.isArray(given) ? "is empty" : `is ${described(given)}, not an array`;
    throw new ArgumentError(where, `${option} ${problem}`, `give some of ${known.join(", ")}`);
  }
  requireAmong(where, option, given, known);
  return all.filter(({ op }) => given.includes(op));
}

/** Refuses what cannot register tests. */
export function requireTestRunner(where: string, given: unknown): void {
  if (isRecord(given) && typeof given.describe === "function" && typeof given.it === "function") return;
  throw new ArgumentError(
    where,
    `the first argument is ${described(given)}${isRecord(given) ? " without describe and it" : ""}`,
    'give { describe, it } of a test runner, as of "vitest" or "node:test"',
  );
}

/** Refuses a memory that cannot count. */
export function requireMemory(where: string, memory: unknown): void {
  if (memory === null || typeof memory === "function") return;
  throw new ArgumentError(
    where,
    `memory is ${described(memory)}, not a function`,
    "give () => ({ buffers, bytes }), or leave it out",
  );
}

/** Refuses a toolkit that lacks what the cases call. */
export function requireToolkit(where: string, toolkit: unknown, names: readonly string[]): void {
  const remedy = 'give import * as toolkit from "unrolled"';
  if (typeof toolkit !== "object" || toolkit === null)
    throw new ArgumentError(where, `toolkit is ${described(toolkit)}`, remedy);
  const missing = names.filter((name) => typeof (toolkit as Readonly<Record<string, unknown>>)[name] !== "function");
  if (missing.length > 0) throw new ArgumentError(where, `the toolkit has no ${missing.join(", ")}`, remedy);
}

/** Refuses what is no record of skips. */
export function requireSkips(where: string, skip: unknown): void {
  if (isRecord(skip)) return;
  throw new ArgumentError(where, `skip is ${described(skip)}`, 'give { "name of a case": "reason" }, or leave it out');
}
