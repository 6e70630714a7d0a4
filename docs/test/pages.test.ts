// The programs that pages take their code from, run as a reader runs them. What a page shows as their output stands beside them as
// NAME.out.txt; `npx vitest run docs/test/pages.test.ts -u` writes it anew.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const docs = fileURLToPath(new URL("..", import.meta.url));
const listed = (under: string, end: string): string[] =>
  readdirSync(join(docs, under), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(end))
    .map((file) => join(under, file));
const programs = listed("examples/pages", ".ts").map((file) => basename(file, ".ts"));
const pages = ["index.md", ...["guide", "course", "design"].flatMap((folder) => listed(folder, ".md"))];
const read = (page: string): string => readFileSync(join(docs, page), "utf8");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unrolled-pages-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(programs)("%s prints what its page says", async (name) => {
  const program = join(docs, "dist", "examples", "pages", `${name}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { cwd: folder, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).not.toBe("");
  await expect(stdout).toMatchFileSnapshot(join(docs, "examples", "pages", `${name}.out.txt`));
});

describe("pages", () => {
  it("take code only from programs that run", () => {
    const inline = pages.filter((page) => /^```(ts|typescript)\b/m.test(read(page)));
    expect(inline).toEqual([]);
  });

  it("have no table that lists a page twice", () => {
    const twice = pages.flatMap((page) => {
      const rows = [...read(page).matchAll(/^\| \[[^\]]+\]\(([^)]+)\)/gm)].map(([, link]) => link);
      return rows.filter((link, i) => rows.indexOf(link) !== i).map((link) => `${page}: ${link}`);
    });
    expect(twice).toEqual([]);
  });

  it("show every program, and none that is not there", () => {
    const shown = new Set(
      pages.flatMap((page) => [...read(page).matchAll(/@\/examples\/pages\/([\w-]+)\.ts/g)].map(([, name]) => name)),
    );
    expect([...shown].sort()).toEqual([...programs].sort());
  });
});
