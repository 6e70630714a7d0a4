/** A cell or name for a message: quoted, control characters escaped, cut when long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** Up to five items, then how many more. */
export function listFew(items: readonly (string | number)[]): string {
  const shown = items.slice(0, 5).join(", ");
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}

/** `row 3` or `rows 3, 4 and ...`. */
export function rowsNamed(rows: readonly number[]): string {
  return `${rows.length === 1 ? "row" : "rows"} ${listFew(rows)}`;
}
