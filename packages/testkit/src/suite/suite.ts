import { ArgumentError, type Backend } from "@unrolled/backend";
import { ConformanceError } from "../assert/conformance-error.js";
import type { ConformanceCase } from "../cases/case.js";
import { type CaseFilter, conformanceCases } from "../cases/index.js";
import { type ConformanceReport, emptyReport } from "./report.js";

/** Why a case may fail, by its name. A reason is not empty. */
export type Skips = Readonly<Record<string, string>>;

export interface ConformanceOptions extends CaseFilter {
  /** Heads the report, such as `cpu`. */
  readonly name: string;
  /** Makes a backend: once for all cases, and once more for the case that disposes of one. */
  readonly backend: () => Backend | Promise<Backend>;
  /** Cases that are known to fail. They run all the same, and one that passes fails as stale. Default: none. */
  readonly skip?: Skips;
}

/** The cases of one backend and what became of them. */
export interface Suite {
  readonly cases: readonly ConformanceCase[];
  readonly report: ConformanceReport;
  /** Runs one case and books it. Rejects where it fails without a skip, or passes in spite of one. */
  runCase(c: ConformanceCase): Promise<void>;
  /** Disposes of the shared backend, if a case made it. */
  close(): Promise<void>;
}

export function createSuite(where: string, { name, backend, skip = {}, ...filter }: ConformanceOptions): Suite {
  const cases = conformanceCases(filter);
  checkSkips(where, cases, skip);
  const report = emptyReport(name, cases.length);
  let shared: Promise<Backend> | undefined;

  async function settle(c: ConformanceCase): Promise<void> {
    shared ??= Promise.resolve(backend());
    const engine = await shared;
    const reason: string | undefined = skip[c.name];
    const inapplicable = c.inapplicable(engine);
    if (inapplicable !== null) {
      if (reason !== undefined) throw stale(c, `the case does not apply: ${inapplicable}`);
      report.notApplicable.push({ name: c.name, reason: inapplicable });
      return;
    }
    const failure = await failureOf(() => c.run({ backend: engine, create: backend }));
    if (reason === undefined) {
      if (failure) throw failure.error;
      report.passed.push(c.name);
      return;
    }
    if (!failure) throw stale(c, "the case passes");
    report.skipped.push({ name: c.name, reason });
  }

  return {
    cases,
    report,
    async runCase(c) {
      const failure = await failureOf(() => settle(c));
      if (!failure) return;
      report.failed.push({ name: c.name, error: failure.error });
      throw failure.error;
    },
    async close() {
      if (shared) await (await shared).dispose();
    },
  };
}

function checkSkips(where: string, cases: readonly ConformanceCase[], skip: Skips): void {
  const names = new Set(cases.map((c) => c.name));
  for (const [name, reason] of Object.entries(skip)) {
    if (!names.has(name)) throw new ArgumentError(where, `skip names no case: "${name}"`, "correct or remove it");
    if (typeof reason !== "string" || reason.trim() === "") {
      throw new ArgumentError(where, `skip of "${name}" gives no reason`, "say why the backend cannot do it");
    }
  }
}

function stale(c: ConformanceCase, why: string): ConformanceError {
  return new ConformanceError({ op: c.op, case: c.name, check: "skip", problem: `skip of ${c.name} is stale: ${why}` });
}

async function failureOf(body: () => Promise<void>): Promise<{ readonly error: unknown } | null> {
  try {
    await body();
    return null;
  } catch (error) {
    return { error };
  }
}
