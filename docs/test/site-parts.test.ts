// The parts of the site that scripts make: followed links, the support matrix, the picture of the packages.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "@unrolled/backend";
import type { SiteConfig } from "vitepress";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkLinks } from "../../scripts/site-links.mjs";
import { writeLlmsFiles } from "../.vitepress/llms.js";
import { packageList, packagesSvg } from "../.vitepress/pictures/packages.js";
import { supportTables } from "../.vitepress/pictures/support.js";

describe("links of a built site", () => {
  let site = "";
  beforeEach(() => {
    site = mkdtempSync(join(tmpdir(), "unrolled-site-"));
    mkdirSync(join(site, "guide"));
    writeFileSync(
      join(site, "index.html"),
      '<h2 id="a-b">A</h2><a href="/guide/start#there">x</a><a href="https://example.org/">y</a>',
    );
  });
  afterEach(() => rmSync(site, { recursive: true }));

  it("hold where pages, files and anchors are there", () => {
    writeFileSync(
      join(site, "guide", "start.html"),
      '<h1 id="there">B</h1><a href="../#a-b">x</a><a href="./start">x</a>',
    );
    expect(checkLinks(site)).toEqual({ pages: 2, links: 3, broken: [] });
  });

  it("are broken where a page or an anchor is missing", () => {
    writeFileSync(join(site, "guide", "start.html"), '<h1 id="here">B</h1><img src="/no.png"><a href="/#a-c">x</a>');
    expect(checkLinks(site).broken).toEqual([
      "/guide/start.html: / has no #a-c",
      "/guide/start.html: nothing at /no.png",
      "/index.html: /guide/start has no #there",
    ]);
  });
});

it.each(supportTables().map((support) => [support.kind, support] as const))(
  "the matrix of %s has every op and engine",
  (_, { engines, rows }) => {
    expect(rows.map(({ op }) => op)).toEqual(Object.keys(table));
    expect(engines.length).toBeGreaterThan(3);
    for (const { op, cells } of rows) {
      expect(cells).toHaveLength(engines.length);
      expect(
        cells.some(({ text }) => text.includes("f32") || text.includes("b")),
        op,
      ).toBe(true);
    }
  },
);

it("the picture shows every package, and says what each is", () => {
  const svg = packagesSvg();
  const folders = readdirSync(join(import.meta.dirname, "..", "..", "packages"));
  expect(
    packageList()
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...folders].sort());
  for (const { name, says } of packageList()) {
    expect(svg).toContain(`>${name}</text>`);
    expect(says).not.toBe("");
  }
});

it("llms.txt lists pages, and llms-full.txt has their text with the code of the programs", () => {
  const outDir = mkdtempSync(join(tmpdir(), "unrolled-llms-"));
  const pages = ["index.md", "guide/start.md", "guide/backends.md", "reference/index.md"];
  const site = { title: "Unrolled", description: "Recurrent nets." };
  writeLlmsFiles({ srcDir: join(import.meta.dirname, ".."), outDir, pages, site } as unknown as SiteConfig);
  const [list, full] = ["llms.txt", "llms-full.txt"].map((name) => readFileSync(join(outDir, name), "utf8"));
  rmSync(outDir, { recursive: true });
  expect(list).toMatch(/^# Unrolled\n\n> Recurrent nets\.\n/);
  expect(list).toContain("- [Swap the backend](/guide/backends): After this page you can run one model on any engine");
  expect(full).toContain("new LSTM(3, 16, { backend })");
  expect(full).not.toContain("<<<");
});
