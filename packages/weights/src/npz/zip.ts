import { FormatError } from "@unrolled/backend";
import { inflateSync } from "fflate";
import { crc32 } from "../checksum.js";
import { op } from "./op.js";

/** A file inside a zip archive. */
export interface Member {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  /** Bytes once unpacked. */
  readonly size: number;
  /** As it lies in the archive. */
  readonly packed: Uint8Array;
}

const signature = { local: 0x04034b50, directory: 0x02014b50, end: 0x06054b50 };
const fixedSize = { local: 30, directory: 46, end: 22 };
const longestComment = 0xffff;
/** Deflate makes 258 bytes of 2 bits at best. */
const largestRatio = 1032;
const zip64Mark = 0xffffffff;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function findEnd(view: DataView): number {
  const last = view.byteLength - fixedSize.end;
  for (let at = last; at >= Math.max(0, last - longestComment); at--) {
    if (view.getUint32(at, true) !== signature.end) continue;
    if (at + fixedSize.end + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw new FormatError(
    op,
    `no directory at the end of ${view.byteLength} bytes`,
    "the file is cut off, or is not an npz (zip) file",
  );
}

function decodeName(bytes: Uint8Array, at: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(op, `the name at byte ${at} is not UTF-8`, "save the archive with NumPy", { cause });
  }
}

interface Located extends Member {
  readonly begin: number;
  readonly end: number;
}

function readMember(bytes: Uint8Array, view: DataView, at: number, directory: number, nameLength: number): Located {
  const name = decodeName(bytes.subarray(at + fixedSize.directory, at + fixedSize.directory + nameLength), at);
  const place = `member ${JSON.stringify(name)}`;
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [crc, packedSize, size, begin] = [16, 20, 24, 42].map((field) => view.getUint32(at + field, true));
  if (flags & 1) throw new FormatError(op, `${place} is encrypted`, "save the arrays without a password");
  if (method !== 0 && method !== 8)
    throw new FormatError(op, `${place} is packed by method ${method}`, "use np.savez or np.savez_compressed");
  if ([packedSize, size, begin].includes(zip64Mark))
    throw new FormatError(op, `${place} is larger than 4 GiB`, "split it, or use safetensors");
  if (begin + fixedSize.local > directory || view.getUint32(begin, true) !== signature.local)
    throw new FormatError(op, `${place}: there is no member at byte ${begin}`, "the file is damaged");
  const data = begin + fixedSize.local + view.getUint16(begin + 26, true) + view.getUint16(begin + 28, true);
  const end = data + packedSize;
  if (end > directory)
    throw new FormatError(
      op,
      `${place} runs from byte ${data} to ${end}, into the directory at ${directory}`,
      "the file is damaged",
    );
  if (method === 0 ? size !== packedSize : size > packedSize * largestRatio)
    throw new FormatError(
      op,
      `${place}: ${size} bytes from ${packedSize}`,
      "the file is damaged, or made to fill memory",
    );
  return { name, deflated: method === 8, crc, size, packed: bytes.subarray(data, end), begin, end };
}

function requireApart(members: readonly Located[]): void {
  let end = 0;
  for (const member of [...members].sort((a, b) => a.begin - b.begin)) {
    if (member.begin < end)
      throw new FormatError(
        op,
        `member ${JSON.stringify(member.name)} overlaps the one before it`,
        "the file is damaged, or made to fill memory",
      );
    end = member.end;
  }
}

/** The members of a zip archive by name, in its directory's order. Nothing is unpacked. */
export function readDirectory(bytes: Uint8Array): Map<string, Member> {
  const view = viewOf(bytes);
  const endAt = findEnd(view);
  const count = view.getUint16(endAt + 10, true);
  const directory = view.getUint32(endAt + 16, true);
  const members = new Map<string, Located>();
  let at = directory;
  for (let i = 0; i < count; i++) {
    if (at + fixedSize.directory > endAt || view.getUint32(at, true) !== signature.directory)
      throw new FormatError(
        op,
        `byte ${at}: entry ${i} of ${count} of the directory is missing`,
        "the file is damaged",
      );
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const next = at + fixedSize.directory + nameLength + extra + comment;
    if (next > endAt)
      throw new FormatError(op, `byte ${at}: entry ${i} of the directory is too long`, "the file is damaged");
    const member = readMember(bytes, view, at, directory, nameLength);
    if (members.has(member.name))
      throw new FormatError(op, `member ${JSON.stringify(member.name)} comes twice`, "each name must come once");
    members.set(member.name, member);
    at = next;
  }
  if (at !== endAt)
    throw new FormatError(op, `byte ${at}: ${endAt - at} bytes after the directory`, "the file is damaged");
  requireApart([...members.values()]);
  return members;
}

/** A member's bytes, unpacked and checked against its checksum. */
export function unpack({ name, deflated, crc, size, packed }: Member): Uint8Array {
  const place = `member ${JSON.stringify(name)}`;
  let content = packed;
  if (deflated) {
    try {
      content = inflateSync(packed, { out: new Uint8Array(size) });
    } catch (cause) {
      throw new FormatError(op, `${place} cannot be unpacked: ${(cause as Error).message}`, "the file is damaged", {
        cause,
      });
    }
  }
  if (content.length !== size || crc32(content) !== crc)
    throw new FormatError(op, `${place} does not match its checksum`, "the file is damaged");
  return content;
}
