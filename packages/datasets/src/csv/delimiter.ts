export const delimiters = [",", ";", "\t", "|"] as const;
/** What stands between the cells of a line. */
export type Delimiter = (typeof delimiters)[number];

const linesToLookAt = 6;

/**
 * The delimiter that cuts the first lines into the same number of cells, more than one; of several, the one with the most,
 * and rather not the comma, which may be the decimal mark in them.
 * If none does, the most frequent in the first line; if there is none, a comma. Quoted text does not count.
 */
export function guessDelimiter(text: string): Delimiter {
  const lines = countPerLine(text);
  let best: Delimiter = ",";
  let bestScore = 0;
  for (const candidate of delimiters) {
    const counts = lines.map((line) => line[candidate]);
    const even = counts.every((count) => count === counts[0]);
    const score = (counts[0] ?? 0) * (even ? 1e6 : 1);
    if (score > bestScore || (score > 0 && score === bestScore && best === ",")) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

type Counts = Record<Delimiter, number>;

const isDelimiter = (c: string): c is Delimiter => (delimiters as readonly string[]).includes(c);
const none = (): Counts => ({ ",": 0, ";": 0, "\t": 0, "|": 0 });

function countPerLine(text: string): Counts[] {
  const lines: Counts[] = [];
  let line = none();
  let quoted = false;
  let empty = true;
  for (let i = 0; i < text.length && lines.length < linesToLookAt; i++) {
    const c = text[i];
    if (!quoted && (c === "\n" || c === "\r")) {
      if (!empty) lines.push(line);
      line = none();
      empty = true;
      continue;
    }
    empty = false;
    if (c === '"') quoted = !quoted;
    else if (!quoted && isDelimiter(c)) line[c]++;
  }
  if (!empty && lines.length < linesToLookAt) lines.push(line);
  return lines;
}
