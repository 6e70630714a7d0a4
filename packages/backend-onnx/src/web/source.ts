import { BackendError } from "@unrolled/backend";
import { type Opened, openUrl } from "../source.js";

/** A string is an address, relative to the page. */
export async function openSource(source: string | URL, maxBytes: number): Promise<Opened> {
  if (/^file:/i.test(String(source))) {
    throw new BackendError("loadOnnx", `a page cannot read ${source}`, "give an http(s) address or the bytes");
  }
  return openUrl(source, maxBytes);
}
