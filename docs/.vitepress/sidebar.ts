import type { DefaultTheme } from "vitepress";

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

/** The order in which the pages are meant to be read. */
export const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: "Start",
    items: [page("In ten minutes", "/guide/start")],
  },
  {
    text: "Course",
    items: [
      page("Overview", "/course/"),
      page("1. One neuron's context", "/course/elman"),
      page("2. Unrolling in time", "/course/unrolling"),
      page("3. Sub-sequences", "/course/subsequences"),
      page("4. Gates", "/course/gates"),
      page("5. Forecasting", "/course/forecasting"),
      page("6. Ship it", "/course/ship"),
    ],
  },
  {
    text: "Guides",
    items: [
      page("Tensors and autograd", "/guide/tensors"),
      page("Write your own cell", "/guide/own-cell"),
      page("Variable lengths", "/guide/lengths"),
      page("Streaming and truncated BPTT", "/guide/streaming"),
      page("Forecast a CSV", "/guide/forecast-csv"),
      page("Swap the backend", "/guide/backends"),
      page("Memory and determinism", "/guide/memory"),
      page("Performance", "/guide/performance"),
      page("Why it does not learn", "/guide/learning"),
      page("Errors explained", "/guide/errors"),
    ],
  },
  {
    text: "Deploy",
    items: [
      page("Export to ONNX", "/guide/export-onnx"),
      page("Train in ONNX Runtime", "/guide/train-in-onnx-runtime"),
    ],
  },
  {
    text: "Coming from",
    items: [
      page("PyTorch", "/guide/from-pytorch"),
      page("Keras", "/guide/from-keras"),
      page("TensorFlow.js", "/guide/from-tfjs"),
      page("brain.js", "/guide/from-brain"),
    ],
  },
  {
    text: "Under the hood",
    items: [
      page("Design", "/design/"),
      page("Support: ops and backends", "/guide/support"),
      page("Write a backend", "/guide/write-a-backend"),
    ],
  },
];
