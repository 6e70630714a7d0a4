// Writes assembly/tiles.ts: the register tiles of the matrix product. AssemblyScript has no macros, and a tile's accumulators must
// be single locals to stay in registers. No loop over k is unrolled: V8 would order the additions by accumulator and spill.
const widths = [8, 4];
const mostRows = 6;
const range = (n) => [...Array(n).keys()];

/** One tile: `rows` x `width` results. a's rows are `aRow` bytes apart, and each moves by `aStep` bytes a step. */
function tile(name, rows, width) {
  const lanes = range(width / 4);
  const lines = [
    "// @ts-ignore: decorator",
    `@inline function ${name}(a0: usize, aRow: usize, aStep: usize, panel: usize, start: usize, startStride: usize, c: usize, cStride: usize, k: i32): void {`,
  ];
  for (const r of range(rows)) {
    const sums = lanes.map((v) => `s${r}_${v} = v128.load(start, ${16 * v})`).join(", ");
    lines.push(`  let ${sums};${r < rows - 1 ? " start += startStride;" : ""}`);
  }
  for (const r of range(rows).slice(1)) lines.push(`  let a${r} = a${r - 1} + aRow;`);
  lines.push("  let x: v128;", "  for (; k > 0; k--) {");
  for (const v of lanes) lines.push(`    const b${v} = v128.load(panel, ${16 * v});`);
  lines.push(`    panel += ${4 * width};`);
  for (const r of range(rows)) {
    lines.push(`    x = v128.load32_splat(a${r});`);
    for (const v of lanes) lines.push(`    s${r}_${v} = multiplyAdd(x, b${v}, s${r}_${v});`);
  }
  lines.push(
    `    ${range(rows)
      .map((r) => `a${r} += aStep;`)
      .join(" ")}`,
    "  }",
  );
  for (const r of range(rows)) {
    const stores = lanes.map((v) => `v128.store(c, s${r}_${v}, ${16 * v});`).join(" ");
    lines.push(`  ${stores}${r < rows - 1 ? " c += cStride;" : ""}`);
  }
  return [...lines, "}"];
}

function choice(width) {
  const lines = [
    `export function tile${width}(rows: i32, a: usize, aRow: usize, aStep: usize, panel: usize, start: usize, startStride: usize, c: usize, cStride: usize, k: i32): void {`,
    "  switch (rows) {",
  ];
  for (const rows of range(mostRows).map((i) => i + 1)) {
    const call = `tile${rows}x${width}(a, aRow, aStep, panel, start, startStride, c, cStride, k);`;
    lines.push(
      rows === mostRows
        ? `    case ${rows}: if (ASC_FEATURE_RELAXED_SIMD) ${call} break;`
        : `    case ${rows}: ${call} break;`,
    );
  }
  return [...lines, "  }", "}"];
}

export function tilesSource() {
  const lines = [
    "// Written by scripts/write-tiles.mjs: edit that.",
    'import { multiplyAdd } from "./simd-math";',
    "",
    "/** Rows of the largest tile. Six by eight fits V8's fifteen registers only where one instruction multiplies and adds. */",
    "export const MOST_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;",
    "",
  ];
  for (const width of widths) {
    for (const rows of range(mostRows).map((i) => i + 1)) lines.push(...tile(`tile${rows}x${width}`, rows, width));
    lines.push(...choice(width), "");
  }
  return lines.join("\n");
}
