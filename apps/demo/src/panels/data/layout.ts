/** What the commas are in rows such as "0,5", which may be one number or two. */
export type Commas = "decimal" | "columns";

/** A text as a table with a header, and how it was taken. */
export interface Layout {
  readonly text: string;
  /** Null: as the library finds it. */
  readonly delimiter: "," | ";" | "\t" | "|" | null;
  /** The text had no row of names, and got one. */
  readonly headerAdded: boolean;
  /** Comments above the table, which are left out. */
  readonly skipped: number;
  /** Set where the rows can be read in two ways; what was chosen. */
  readonly commas: Commas | null;
  readonly remarks: readonly string[];
}

const withPoint = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const withComma = /^[+-]?\d+,\d+(e[+-]?\d+)?$/i;
const whole = /^[+-]?\d+$/;
const dateLike = /^\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([T ].*)?$/;

const isNumber = (cell: string): boolean => withPoint.test(cell) || withComma.test(cell);
const quoted = (cells: readonly string[]): string => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join("\n");

/** A list of numbers as a column. */
const asColumn = (numbers: readonly string[], commas: Commas | null, header = "value"): Layout => ({
  text: `${header}\n${quoted(numbers)}\n`,
  delimiter: ";",
  headerAdded: header === "value",
  skipped: 0,
  commas,
  remarks: [],
});

/** The items of a single line of numbers; null: it is none. */
function itemsOfLine(line: string): readonly string[] | null {
  const cuts = [/\s*;\s*/, /\s+/, /[\s,;]+/];
  for (const cut of cuts) {
    const items = line.split(cut).filter((item) => item !== "");
    if (items.length > 1 && items.every(isNumber)) return items;
  }
  return null;
}

/** Whether the part before the comma only counts the rows while the other tells of something. */
function countsRows(lines: readonly string[]): boolean {
  const pairs = lines.map((line) => line.split(",").map(Number));
  return (
    pairs.every(([count], i) => i === 0 || count === pairs[i - 1][0] + 1) &&
    new Set(pairs.map(([, value]) => value)).size > 1
  );
}

/** Rows of whole numbers with at most one comma in each: numbers with a decimal comma, or two columns. */
function decimalCommas(lines: readonly string[], wanted: Commas | undefined): Layout | null {
  const named = !/[\d,]/.test(lines[0]);
  const rows = named ? lines.slice(1) : lines;
  if (!rows.some((row) => withComma.test(row)) || !rows.every((row) => withComma.test(row) || whole.test(row)))
    return null;
  const header = named ? lines[0] : undefined;
  if (named || rows.some((row) => whole.test(row))) return asColumn(rows, null, header);
  const commas = wanted ?? (countsRows(rows) ? "columns" : "decimal");
  return commas === "decimal" ? asColumn(rows, commas) : columns(lines, ",", commas);
}

/** A table whose first row may be data already. */
function columns(lines: readonly string[], delimiter: "," | ";" | "\t" | "|", commas: Commas | null): Layout {
  const cells = lines[0].split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const filled = cells.filter((cell) => cell !== "");
  const isData = filled.some(isNumber) && filled.every((cell) => isNumber(cell) || dateLike.test(cell));
  if (!isData) return { text: lines.join("\n"), delimiter, headerAdded: false, skipped: 0, commas, remarks: [] };
  const names = cells.map((_, i) => (cells.length === 1 ? "value" : `column ${i + 1}`));
  const told = `There is no row of names on top: the first row is read as data, and the columns are called ${names.map((name) => `“${name}”`).join(", ")}.`;
  return {
    text: [names.join(delimiter), ...lines].join("\n"),
    delimiter,
    headerAdded: true,
    skipped: 0,
    commas,
    remarks: cells.length === 1 ? [] : [told],
  };
}

const marksOf = (line: string): number => line.match(/[,;\t|]/g)?.length ?? 0;

/** Lines on top that begin as comments do, unless one of them names the columns of the row below. */
function commentsOn(lines: readonly string[]): number {
  const first = lines.findIndex((line) => !/^\s*(#|\/\/|%)/.test(line));
  if (first < 1) return 0;
  const [last, below] = [lines[first - 1], lines[first]];
  const namesColumns = /\d/.test(below) && marksOf(last) > 0 && marksOf(last) === marksOf(below);
  return namesColumns && below.split(/[,;\t|]/).some((cell) => isNumber(cell.trim())) ? first - 1 : first;
}

/** Finds out what parts the cells, what the commas are, and whether there is a row of names; adds one where there is none. */
export function layOut(text: string, wanted?: Commas): Layout {
  const lines = text
    .replace(/^\ufeff/, "")
    .trimEnd()
    .split(/\r\n|\n|\r/);
  const skipped = commentsOn(lines);
  return skipped === 0
    ? layOutLines(text, lines, wanted)
    : { ...layOutLines(lines.slice(skipped).join("\n"), lines.slice(skipped), wanted), skipped };
}

function layOutLines(text: string, lines: readonly string[], wanted: Commas | undefined): Layout {
  if (lines.length === 1) {
    const items = itemsOfLine(lines[0].trim());
    if (items) return asColumn(items, null);
  }
  const bare = lines.map((line) => line.replace(/[\s,;]+$/, "").trim());
  if (bare.length > 1 && bare.every((line) => withPoint.test(line))) return asColumn(bare, null);
  const decimal = bare.length > 1 && decimalCommas(bare, wanted);
  if (decimal) return decimal;
  const looked = lines.slice(0, 20).map((line) => line.replace(/"[^"]*"/g, ""));
  const [other] = ([";", "\t", "|"] as const).filter((mark) => looked.every((line) => line.includes(mark)));
  if (other) return columns(lines, other, null);
  if (looked.every((line) => line.includes(","))) return columns(lines, ",", null);
  return { text, delimiter: null, headerAdded: false, skipped: 0, commas: null, remarks: [] };
}
