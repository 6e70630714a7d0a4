import stringWidth from "string-width";

/** Rows of cells under a header, the first column left-aligned, the others right-aligned. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((cells) => stringWidth(cells[column]))));
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) => {
      const space = " ".repeat(widths[column] - stringWidth(cell));
      return column === 0 ? cell + space : space + cell;
    });
    return padded.join("  ").trimEnd();
  };
  return [line(header), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)];
}
