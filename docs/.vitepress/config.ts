import { transformerTwoslash } from "@shikijs/vitepress-twoslash";
import { defineConfig } from "vitepress";
import { sidebar } from "./sidebar.js";

export default defineConfig({
  title: "Unrolled",
  description:
    "Recurrent neural networks in TypeScript: train them in Node or a browser, see every number, ship them as ONNX.",
  lang: "en",
  cleanUrls: true,
  lastUpdated: false,
  srcExclude: ["README.md", "examples/**", "test/**", "dist/**", "node_modules/**"],
  markdown: {
    codeTransformers: [transformerTwoslash({ explicitTrigger: true })],
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
    sidebar,
  },
});
