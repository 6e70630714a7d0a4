// Follows every link of the built docs site: to its pages, files and anchors. VitePress itself looks at pages only.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./steps.mjs";

const unescaped = (/** @type {string} */ text) =>
  text
    .replaceAll("&amp;", "&")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");

/** @param {string} site @param {string} path @returns {string | undefined} the file that a static server answers with */
function fileAt(site, path) {
  const plain = join(site, path);
  return [plain, `${plain}.html`, join(plain, "index.html")].find(
    (file) => existsSync(file) && statSync(file).isFile(),
  );
}

/**
 * @param {string} site the folder that is served
 * @returns {{ pages: number, links: number, broken: string[] }}
 */
export function checkLinks(site) {
  const pages = readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".html") && !file.startsWith("demo"))
    .map((file) => join(site, file));
  /** @type {Map<string, Set<string>>} */
  const anchors = new Map();
  /** @param {string} file */
  const anchorsOf = (file) => {
    const known = anchors.get(file);
    if (known) return known;
    const ids = new Set(
      [...readFileSync(file, "utf8").matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => unescaped(id)),
    );
    anchors.set(file, ids);
    return ids;
  };
  /** @type {Set<string>} */
  const broken = new Set();
  let links = 0;
  for (const page of pages) {
    const from = `/${relative(site, page).replaceAll("\\", "/")}`;
    for (const [, written] of readFileSync(page, "utf8").matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      const url = new URL(unescaped(written), `http://site${from}`);
      if (url.host !== "site") continue;
      links++;
      const target = fileAt(site, decodeURIComponent(url.pathname));
      if (target === undefined) broken.add(`${from}: nothing at ${url.pathname}`);
      else if (url.hash.length > 1 && !url.pathname.startsWith("/demo/")) {
        const id = decodeURIComponent(url.hash.slice(1));
        if (target.endsWith(".html") && !anchorsOf(target).has(id))
          broken.add(`${from}: ${url.pathname} has no #${id}`);
      }
    }
  }
  return { pages: pages.length, links, broken: [...broken].sort() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { pages, links, broken } = checkLinks(join(root, "docs", ".vitepress", "dist"));
  console.log([...broken, `${links} links on ${pages} pages, ${broken.length} broken`].join("\n"));
  process.exit(broken.length === 0 && links > 0 ? 0 : 1);
}
