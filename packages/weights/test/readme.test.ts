import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(`${folder}README.md`, "utf8");
const examples = [...readme.matchAll(/^## (.+)\n[^#]*?```[tj]s\n([\s\S]*?)```/gm)].map(([, title, code]) => ({
  title,
  code,
}));

it("the README has its three ways", () => {
  expect(examples).toHaveLength(3);
});

it.each(examples)("the README's example of $title prints what it says", ({ code }) => {
  const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line);
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(printed.trim().split("\n")).toEqual(said);
});
