import { ArgumentError, type DType } from "@unrolled/backend";
import { ConformanceError } from "../assert/conformance-error.js";
import { type ConformanceReport, emptyReport, type Level, type Outcome } from "./report.js";
import { requireName, requireSkips } from "./requirements.js";

/**
 * Why a case may fail, by its name, or by the start of the names of several with a `*` behind, of which then every one must
 * fail. A reason is not empty.
 */
export type Skips = Readonly<Record<string, string>>;

/** One promise, held against whatever `C` brings. */
export interface SuiteCase<C> {
  readonly name: string;
  readonly op: string;
  readonly dtype: DType | null;
  inapplicable(context: C): string | null;
  run(context: C): Promise<void>;
}

export interface SuiteOptions<C> {
  readonly name: string;
  readonly level: Level;
  readonly cases: readonly SuiteCase<C>[];
  readonly skip: Skips | undefined;
  /** Makes what all cases share; called before the first. */
  readonly open: () => Promise<C>;
  readonly close: (context: C) => Promise<void>;
}

/** The cases of one backend and what became of them. */
export interface Suite<C> {
  readonly cases: readonly SuiteCase<C>[];
  readonly report: ConformanceReport;
  /** Runs one case and books it. Rejects where it fails without a skip, or passes in spite of one. */
  runCase(c: SuiteCase<C>): Promise<void>;
  /** Makes what the cases share, if no case has yet. Rejects where that fails. */
  open(): Promise<void>;
  /** Gives back what the cases shared, if one made it. Rejects where all have run and none applied. */
  close(): Promise<void>;
}

export function createSuite<C>(where: string, options: SuiteOptions<C>): Suite<C> {
  const { name, level, cases, skip = {}, open, close } = options;
  requireName(where, name);
  checkSkips(where, cases, skip);
  const report = emptyReport(name, level, cases.length);
  let shared: Promise<C> | undefined;

  function book({ name, op, dtype }: SuiteCase<C>, outcome: Outcome, reason: string | null): void {
    report.results.push({ name, op, dtype, outcome, reason });
  }

  function opened(): Promise<C> {
    shared ??= open();
    return shared;
  }

  async function settle(c: SuiteCase<C>): Promise<void> {
    const context = await opened();
    const reason = reasonToSkip(skip, c.name);
    const inapplicable = c.inapplicable(context);
    if (inapplicable !== null) {
      if (reason !== undefined) throw stale(c, `the case does not apply: ${inapplicable}`);
      report.notApplicable.push({ name: c.name, reason: inapplicable });
      book(c, "not applicable", inapplicable);
      return;
    }
    const failure = await failureOf(() => c.run(context));
    if (reason === undefined) {
      if (failure) throw failure.error;
      report.passed.push(c.name);
      book(c, "passed", null);
      return;
    }
    if (!failure) throw stale(c, "the case passes");
    report.skipped.push({ name: c.name, reason });
    book(c, "skipped", reason);
  }

  return {
    cases,
    report,
    async runCase(c) {
      const failure = await failureOf(() => settle(c));
      if (!failure) return;
      report.failed.push({ name: c.name, error: failure.error });
      book(c, "failed", String(failure.error));
      throw failure.error;
    },
    async open() {
      await opened();
    },
    async close() {
      if (shared) await close(await shared);
      if (cases.length > 0 && report.notApplicable.length === cases.length) throw noneApplies(where, report);
    },
  };
}

function reasonToSkip(skip: Skips, name: string): string | undefined {
  if (Object.hasOwn(skip, name)) return skip[name];
  const group = Object.keys(skip).find((key) => isGroupOf(key, name));
  return group === undefined ? undefined : skip[group];
}

function isGroupOf(key: string, name: string): boolean {
  return key.endsWith("*") && name.startsWith(key.slice(0, -1));
}

/** A run that looked at nothing must not pass for one that found nothing wrong. */
function noneApplies(where: string, { cases, notApplicable }: ConformanceReport): ArgumentError {
  const reasons = [...new Set(notApplicable.map(({ reason }) => reason))].join("; ");
  return new ArgumentError(where, `none of the ${cases} cases applies: ${reasons}`, "choose others, or drop the run");
}

function checkSkips(where: string, cases: readonly { readonly name: string }[], skip: Skips): void {
  requireSkips(where, skip);
  for (const [key, reason] of Object.entries(skip)) {
    if (!cases.some(({ name }) => name === key || isGroupOf(key, name))) {
      throw new ArgumentError(where, `skip names no case: "${key}"`, "correct or remove it");
    }
    if (typeof reason !== "string" || reason.trim() === "") {
      throw new ArgumentError(where, `skip of "${key}" gives no reason`, "say why the backend cannot do it");
    }
  }
}

function stale(c: { readonly name: string; readonly op: string }, why: string): ConformanceError {
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
