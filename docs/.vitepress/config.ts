import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformerTwoslash } from "@shikijs/vitepress-twoslash";
import { type DefaultTheme, defineConfig } from "vitepress";
import { writeLlmsFiles } from "./llms.js";
import { sidebar } from "./sidebar.js";

/** Samples are read as the files that they are: in their folder, under Node. */
const twoslashOptions = {
  vfsRoot: fileURLToPath(new URL("../examples/pages", import.meta.url)),
  compilerOptions: { types: ["node"] },
};

/** Written by TypeDoc before a build; pages alone can be served without it. */
const referenceList = new URL("../reference/typedoc-sidebar.json", import.meta.url);
const reference = existsSync(referenceList)
  ? (JSON.parse(readFileSync(referenceList, "utf8")) as DefaultTheme.SidebarItem[])
  : [];

export default defineConfig({
  title: "Unrolled",
  description:
    "Recurrent neural networks in TypeScript: train them in Node or a browser, see every number, ship them as ONNX.",
  lang: "en",
  head: [
    [
      "link",
      {
        rel: "icon",
        href: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 8c3-9 4-9 7 0s4 9 7 0' fill='none' stroke='%230072b2' stroke-width='2'/%3E%3C/svg%3E",
      },
    ],
  ],
  cleanUrls: true,
  lastUpdated: false,
  ignoreDeadLinks: [/^\/demo\//], // the built demo is put beside the site; scripts/site-links.mjs looks for it
  buildEnd: writeLlmsFiles,
  srcExclude: ["README.md", "examples/**", "test/**", "dist/**", "node_modules/**"],
  markdown: {
    codeTransformers: [transformerTwoslash({ explicitTrigger: true, twoslashOptions })],
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/guide/start" },
      { text: "Course", link: "/course/" },
      { text: "Guides", link: "/guide/tensors" },
      { text: "Reference", link: "/reference/" },
      { text: "Design", link: "/design/" },
    ],
    sidebar: { "/reference/": reference, "/": sidebar },
  },
});
