import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, inject, test } from "vitest";
import { openPage } from "./support/browser.js";

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Serves the built site gzipped, as a static server does, and remembers what it has sent. */
async function gzippingServer(): Promise<{ url: string; sent: ReadonlyMap<string, number>; close: () => void }> {
  const folder = fileURLToPath(new URL("../dist", import.meta.url));
  const sent = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").replace(/[?#].*/, "").replace(/\/$/, "/index.html");
    const body = gzipSync(readFileSync(folder + path), { level: 9 });
    sent.set(path, body.length);
    response.writeHead(200, {
      "Content-Type": types[extname(path)] ?? "application/octet-stream",
      "Content-Encoding": "gzip",
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, sent, close: () => server.close() };
}

test("the page with its worker loads in less than 200 kB gzipped, and trains", async () => {
  expect(inject("site")).toBeTruthy(); // the site has been built
  const { url, sent, close } = await gzippingServer();
  try {
    const { page, errors } = await openPage(url, { viewport: { width: 1280, height: 900 } });
    await page.getByRole("button", { name: "Play" }).click();
    await page
      .getByText(/update [1-9]\d{2,}/)
      .first()
      .waitFor();
    const table = [...sent].map(([path, bytes]) => `${bytes} ${path}`).join("\n");
    const total = [...sent.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(total, table).toBeLessThan(200_000);
    expect(errors).toEqual([]);
    await page.context().close();
  } finally {
    close();
  }
});
