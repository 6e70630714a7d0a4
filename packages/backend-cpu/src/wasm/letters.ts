const marks = "!#";
/** The letters from "%" to "~", but for three that would end or start something in source code. */
const plain: string[] = Array.from({ length: 90 }, (_, i) => String.fromCharCode(37 + i)).filter(
  (one) => !"'\\`".includes(one),
);

/** Undoes scripts/write-letters.mjs, where the code is told. */
export function bytesOfLetters(text: string, order: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(256).map((_, rank) => Number.parseInt(order.slice(2 * rank, 2 * rank + 2), 16));
  const ranks = new Uint8Array(128);
  plain.forEach((letter, rank) => {
    ranks[letter.charCodeAt(0)] = rank;
  });
  const [first, second] = [marks.charCodeAt(0), marks.charCodeAt(1)];
  const out = new Uint8Array(text.length);
  let written = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === first) out[written++] = bytes[plain.length + ranks[text.charCodeAt(++at)]];
    else if (code === second) out[written++] = bytes[2 * plain.length + ranks[text.charCodeAt(++at)]];
    else out[written++] = bytes[ranks[code]];
  }
  return out.slice(0, written);
}
