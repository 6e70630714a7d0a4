import type { UserSeries } from "./settings.js";

const chunk = 8192; // arguments of one call

/** Before values of float64. */
const wide = "64.";

/** Values, little-endian, in the letters that an address leaves as they are. */
export function valuesToText(values: Float32Array | Float64Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let binary = "";
  for (let i = 0; i < bytes.length; i += chunk) binary += String.fromCharCode(...bytes.subarray(i, i + chunk));
  const letters = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return values instanceof Float64Array ? `${wide}${letters}` : letters;
}

/** Null for what `valuesToText` does not make. */
export function textToValues(text: string): Float32Array | Float64Array | null {
  const isWide = text.startsWith(wide);
  const letters = isWide ? text.slice(wide.length) : text;
  if (!/^[\w-]*$/.test(letters)) return null;
  const base64 = letters.replaceAll("-", "+").replaceAll("_", "/");
  if (base64.length % 4 === 1) return null;
  const binary = atob(base64);
  const Values = isWide ? Float64Array : Float32Array;
  if (binary.length % Values.BYTES_PER_ELEMENT !== 0) return null;
  return new Values(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)).buffer);
}

/** A short name for a series, the same for the same series (FNV-1a). */
export function seriesId({ name, values }: UserSeries): string {
  let hash = 0x811c9dc5;
  for (const letter of `${name} ${valuesToText(values)}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) as number), 0x01000193);
  }
  return `${values.length}-${(hash >>> 0).toString(16)}`;
}
