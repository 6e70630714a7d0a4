import { ArgumentError, FormatError } from "@unrolled/backend";

export interface DecodedText {
  readonly text: string;
  /** Present where the bytes were not UTF-8. */
  readonly decodedAs?: "latin1";
}

/** The text of a file: UTF-8, UTF-16 with a byte-order mark, or else Latin-1. */
export function decodeText(op: string, input: string | Uint8Array): DecodedText {
  const { text, ...rest } = typeof input === "string" ? { text: input } : decodeBytes(op, input);
  if (text.includes("\u0000")) {
    throw new FormatError(
      op,
      "this is not text: it holds zero bytes",
      "save the file as CSV in UTF-8, not as a spreadsheet or UTF-16",
    );
  }
  return { text: text.startsWith("\ufeff") ? text.slice(1) : text, ...rest };
}

function decodeBytes(op: string, bytes: Uint8Array): DecodedText {
  if (!(bytes instanceof Uint8Array))
    throw new ArgumentError(op, "the input is neither a string nor bytes", "give the file's text");
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
  } catch (cause) {
    if (encoding === "utf-8" && !bytes.some(isControl))
      return { text: new TextDecoder("windows-1252").decode(bytes), decodedAs: "latin1" };
    const name = encoding === "utf-8" ? "" : `${encoding.toUpperCase()} `;
    throw new FormatError(op, `this is not ${name}text`, "save the file as CSV in UTF-8", { cause });
  }
}

/** Bytes that no text has, other than tabs and line ends. */
const isControl = (byte: number): boolean => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d;
