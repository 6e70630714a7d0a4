// llms.txt lists the pages for programs that read them; llms-full.txt is their text, with the code that pages take from files.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SiteConfig } from "vitepress";

const isWritten = (page: string): boolean => !page.startsWith("reference/") && page !== "index.md";

/** The text of a page, its frontmatter left out and its included programs put in. */
function textOf(root: string, page: string): string {
  return readFileSync(join(root, page), "utf8")
    .replace(/^---\n[\s\S]*?\n---\n/, "")
    .replace(/^<<< @\/(\S+?)(?:\{(\w*)[^}]*\})?$/gm, (_, file: string, language = "") => {
      const code = readFileSync(join(root, file), "utf8").trimEnd();
      return `\`\`\`${language || file.split(".").at(-1)}\n${code}\n\`\`\``;
    })
    .replace(/<script setup[\s\S]*?<\/script>\n?/g, "")
    .trim();
}

/** Runs at the end of a build, for the folder that is served. */
export function writeLlmsFiles({ srcDir, outDir, pages, site }: SiteConfig): void {
  const written = pages.filter(isWritten).sort();
  const texts = written.map((page) => ({ page, text: textOf(srcDir, page) }));
  const address = (page: string): string => `/${page.replace(/(index)?\.md$/, "")}`;
  const line = ({ page, text }: { page: string; text: string }): string => {
    const title = /^# (.+)$/m.exec(text)?.[1] ?? page;
    const first = /^(?!#|<|\||```|!|-)\S[^\n]*(?:\n\S[^\n]*)*/m.exec(text)?.[0].replaceAll("\n", " ") ?? "";
    return `- [${title}](${address(page)}): ${first}`;
  };
  const head = `# ${site.title}\n\n> ${site.description}\n`;
  const list = [...texts.map(line), "- [Reference](/reference/): every public name of every package"].join("\n");
  writeFileSync(join(outDir, "llms.txt"), `${head}\nThe text of all pages: /llms-full.txt\n\n## Pages\n\n${list}\n`);
  writeFileSync(
    join(outDir, "llms-full.txt"),
    [head, ...texts.map(({ page, text }) => `<!-- ${address(page)} -->\n\n${text}`)].join("\n\n"),
  );
}
