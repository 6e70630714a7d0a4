/** Undoes scripts/write-patch.mjs, where the layout of a patch is told. */
export function patched(from: Uint8Array, patch: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  let written = 0;
  let cursor = 0;
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = patch[at++];
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  };
  for (;;) {
    const fresh = number();
    out.set(patch.subarray(at, at + fresh), written);
    written += fresh;
    at += fresh;
    if (at >= patch.length) return out;
    cursor += number();
    const copied = number();
    out.set(from.subarray(cursor, cursor + copied), written);
    written += copied;
    cursor += copied;
  }
}
