import { ArgumentError } from "@unrolled/backend";
import type { CaseResult, ConformanceReport, Level, Outcome } from "./report.js";

/** Cases by their outcome. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notApplicable: number;
}

/** The cases of one op and dtype. A number: all of so many passed. */
export type MatrixCell = number | (Counts & { readonly reasons: readonly string[] });

/** Cases of one level, by op and dtype. */
export interface LevelMatrix extends Counts {
  /** By op of the table or topic, then by dtype; `-` where a case has none of its own. */
  readonly ops: Readonly<Record<string, Readonly<Record<string, MatrixCell>>>>;
}

/** What one backend or runner does, as plain data for a file. */
export type EngineMatrix = { readonly [L in Level]?: LevelMatrix };

type Results = Pick<ConformanceReport, "level" | "results">;

/**
 * Counts the results of one engine's reports, of each level one, op by op and dtype by dtype, with the reasons for whatever did
 * not pass. Plain data.
 *
 * @throws ArgumentError for what is no report, and for two reports of one level
 * @example
 * const matrix = conformanceMatrix([await runConformance({ name: "mine", backend: () => backend })]);
 * writeFileSync("matrix.json", JSON.stringify(matrix));
 */
export function conformanceMatrix(reports: readonly Results[]): EngineMatrix {
  requireReports(reports);
  return Object.fromEntries(reports.map(({ level, results }) => [level, levelOf(results)]));
}

function requireReports(reports: readonly Results[]): void {
  const op = "conformanceMatrix";
  const remedy = "give an array of the reports of one engine";
  if (!Array.isArray(reports) || reports.length === 0)
    throw new ArgumentError(op, Array.isArray(reports) ? "got no report" : "got no array", remedy);
  for (const [i, report] of reports.entries()) {
    if (!Array.isArray((report as Partial<Results> | undefined)?.results))
      throw new ArgumentError(op, `element ${i} is no report`, "await what runConformance and the others return");
    if (reports.findIndex(({ level }) => level === report.level) < i)
      throw new ArgumentError(op, `two reports are of level ${report.level}`, "make one matrix for each engine");
  }
}

function levelOf(results: readonly CaseResult[]): LevelMatrix {
  const groups = new Map<string, Map<string, CaseResult[]>>();
  for (const result of results) {
    const byDType = groups.get(result.op) ?? new Map<string, CaseResult[]>();
    groups.set(result.op, byDType);
    const dtype = result.dtype ?? "-";
    byDType.set(dtype, [...(byDType.get(dtype) ?? []), result]);
  }
  const ops = [...groups].map(([op, byDType]): [string, Record<string, MatrixCell>] => [
    op,
    Object.fromEntries([...byDType].map(([dtype, list]) => [dtype, cellOf(list)])),
  ]);
  return { ...count(results), ops: Object.fromEntries(ops) };
}

function cellOf(results: readonly CaseResult[]): MatrixCell {
  const counts = count(results);
  if (counts.passed === results.length) return results.length;
  const reasons = new Set(results.flatMap(({ reason }) => (reason === null ? [] : [reason])));
  return { ...counts, reasons: [...reasons] };
}

function count(results: readonly CaseResult[]): Counts {
  const of = (outcome: Outcome): number => results.filter((result) => result.outcome === outcome).length;
  return {
    passed: of("passed"),
    failed: of("failed"),
    skipped: of("skipped"),
    notApplicable: of("not applicable"),
  };
}
