import type { UserSeries } from "./settings.js";

const chunk = 8192; // arguments of one call

/** Float32 values, little-endian, in the letters that an address leaves as they are. */
export function valuesToText(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let binary = "";
  for (let i = 0; i < bytes.length; i += chunk) binary += String.fromCharCode(...bytes.subarray(i, i + chunk));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Null for what `valuesToText` does not make. */
export function textToValues(text: string): Float32Array | null {
  if (!/^[\w-]*$/.test(text)) return null;
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  if (base64.length % 4 === 1) return null;
  const binary = atob(base64);
  if (binary.length % 4 !== 0) return null;
  return new Float32Array(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)).buffer);
}

/** A short name for a series, the same for the same series (FNV-1a). */
export function seriesId({ name, values }: UserSeries): string {
  let hash = 0x811c9dc5;
  for (const letter of `${name} ${valuesToText(values)}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) as number), 0x01000193);
  }
  return `${values.length}-${(hash >>> 0).toString(16)}`;
}
