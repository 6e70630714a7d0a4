import { cellKind } from "../../cells/index.js";

/** A stretch of rows that belong to one gate. */
export interface RowBlock {
  readonly symbol: string;
  readonly label: string;
  readonly from: number;
  readonly size: number;
}

export interface Described {
  /** For a beginner: what the numbers do. */
  readonly meaning: string;
  /** As drawn: a vector lies in one row, or one for each gate. */
  readonly rows: number;
  readonly columns: number;
  readonly blocks: readonly RowBlock[];
  readonly rowName: (row: number) => string;
  readonly columnName: (column: number) => string;
}

/** What a parameter is made of, from PyTorch's name and its shape. */
export function describe(name: string, shape: readonly number[], cell: string, hiddenSize: number): Described {
  const [rows, columns] = shape.length === 1 ? [1, shape[0]] : [shape[0], shape[1] ?? 1];
  const layer = /_l(\d+)$/.exec(name);
  const kind = cellKind(cell);
  if (!layer) return { ...plain(name), rows, columns, blocks: [] };
  const blocks = kind.gates.map(({ symbol, label }, i) => ({ symbol, label, from: i * hiddenSize, size: hiddenSize }));
  const rowName = (row: number): string => {
    const unit = `unit ${(row % hiddenSize) + 1}`;
    return blocks.length > 1 ? `${blocks[Math.floor(row / hiddenSize)]?.label ?? ""}, ${unit}` : unit;
  };
  const fromBelow = Number(layer[1]) === 0 ? "input" : `unit of layer ${layer[1]}`;
  if (name.includes("bias"))
    return {
      meaning: "Added to every sum, whatever is read.",
      rows: kind.gates.length,
      columns: hiddenSize,
      blocks: blocks.map((block, row) => ({ ...block, from: row, size: 1 })),
      rowName: (row) => (kind.gates.length > 1 ? kind.gates[row].label : "bias"),
      columnName: (column) => `unit ${column + 1}`,
    };
  const isRecurrent = name.includes("weight_hh");
  return {
    meaning: isRecurrent
      ? "From the hidden state of the step before to the units: how the network remembers."
      : "From what is read to the units.",
    rows,
    columns,
    blocks,
    rowName,
    columnName: (column) => (isRecurrent ? `from unit ${column + 1}` : `from ${fromBelow} ${column + 1}`),
  };
}

function plain(name: string): Pick<Described, "meaning" | "rowName" | "columnName"> {
  if (name.startsWith("embedding"))
    return {
      meaning: "What each letter is turned into before it is read.",
      rowName: (row) => `token ${row + 1}`,
      columnName: (column) => `feature ${column + 1}`,
    };
  const isBias = name.endsWith("bias");
  return {
    meaning: isBias ? "Added to every output." : "From the hidden units to the outputs.",
    rowName: (row) => (isBias ? "bias" : `output ${row + 1}`),
    columnName: (column) => (isBias ? `output ${column + 1}` : `from unit ${column + 1}`),
  };
}
