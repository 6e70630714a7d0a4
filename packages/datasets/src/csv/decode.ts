import { ArgumentError, FormatError } from "@unrolled/backend";

/** The text of a file: UTF-8, or UTF-16 with a byte-order mark. */
export function decodeText(op: string, input: string | Uint8Array): string {
  const text = typeof input === "string" ? input : decodeBytes(op, input);
  if (text.includes("\u0000")) {
    throw new FormatError(
      op,
      "this is not text: it holds zero bytes",
      "save the file as CSV in UTF-8, not as a spreadsheet or UTF-16",
    );
  }
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

function decodeBytes(op: string, bytes: Uint8Array): string {
  if (!(bytes instanceof Uint8Array))
    throw new ArgumentError(op, "the input is neither a string nor bytes", "give the file's text");
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(op, `this is not ${encoding.toUpperCase()} text`, "save the file as CSV in UTF-8", { cause });
  }
}
