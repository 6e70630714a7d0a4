// The support matrix as rows of cells, from the op table and the results of the conformance kit.
import { readFileSync } from "node:fs";
import { table } from "@unrolled/backend";

/** Cases passed; or with what was left out, and why. */
type Result =
  | number
  | { readonly passed: number; readonly failed: number; readonly skipped: number; readonly reasons: readonly string[] };
type Ops = Readonly<Record<string, Readonly<Record<string, Result>>>>;
type Level = { readonly passed: number; readonly failed: number; readonly skipped: number; readonly ops: Ops };
type Engine = { readonly versions: Readonly<Record<string, string>> } & Partial<
  Record<"kernels" | "runner" | "training", Level>
>;

export interface Cell {
  readonly text: string;
  readonly title: string;
}

export interface Support {
  readonly kind: "backends" | "runners";
  readonly engines: readonly string[];
  readonly rows: readonly { readonly op: string; readonly doc: string; readonly cells: readonly Cell[] }[];
}

export const matrixFile: string = new URL("../../../conformance/matrix.json", import.meta.url).pathname;

const short: Readonly<Record<string, string>> = { float32: "f32", float64: "f64", int32: "i32", bool: "b" };

function cellOf(results: Readonly<Record<string, Result>> = {}): Cell {
  const all = Object.entries(results).map(([dtype, result]) => ({
    dtype: short[dtype] ?? dtype,
    ...(typeof result === "number" ? { passed: result, failed: 0, skipped: 0, reasons: [] } : result),
  }));
  const works = all.filter(({ passed, failed }) => passed > 0 && failed === 0);
  return {
    text: works.map(({ dtype, skipped }) => (skipped > 0 ? `${dtype}*` : dtype)).join(" ") || "–",
    title: all
      .map(({ dtype, passed, reasons }) => `${dtype}: ${[`${passed} cases pass`, ...reasons].join("; ")}`)
      .join("\n"),
  };
}

export function supportTables(): readonly Support[] {
  const { engines } = JSON.parse(readFileSync(matrixFile, "utf8")) as { engines: Readonly<Record<string, Engine>> };
  return (["backends", "runners"] as const).map((kind) => {
    const level = kind === "backends" ? "kernels" : "runner";
    const found = Object.entries(engines).filter(([, engine]) => engine[level] !== undefined);
    return {
      kind,
      engines: found.map(([name]) => name),
      rows: Object.entries(table).map(([op, { doc }]) => ({
        op,
        doc,
        cells: found.map(([, engine]) => cellOf(engine[level]?.ops[op])),
      })),
    };
  });
}
