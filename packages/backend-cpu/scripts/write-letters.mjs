// Bytes as a string that gzip makes as small as the bytes themselves: base64 hides their repetitions from it. The bytes that come
// most often are one letter each, the others two: one of two marks, and a letter. Undone by src/wasm/letters.ts.
const letters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter(
  (one) => !`"'\\\`$`.includes(one),
);
const marks = letters.slice(0, 2);
const plain = letters.slice(2);

/**
 * The code that suits `sample`.
 * @param {Buffer} sample
 */
export function letterCode(sample) {
  const counts = new Map(Array.from({ length: 256 }, (_, byte) => [byte, 0]));
  for (const byte of sample) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  const bytes = [...counts].sort(([, a], [, b]) => b - a).map(([byte]) => byte);
  const codes = new Map(
    bytes.map((byte, i) => [
      byte,
      `${i < plain.length ? "" : marks[Math.floor(i / plain.length) - 1]}${plain[i % plain.length]}`,
    ]),
  );
  return {
    order: Buffer.from(bytes).toString("hex"),
    /** @param {Buffer} data */
    encode: (data) => Array.from(data, (byte) => codes.get(byte)).join(""),
  };
}
