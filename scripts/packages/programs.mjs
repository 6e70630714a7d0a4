// What a packed package is tried with: a few lines for each, as a user would write them.

/** Trains an LSTM for three steps and prints the losses; for `unrolled`, and for every bundler and runtime. */
export const training = `
import { Adam, cpuFeatures, Linear, LSTM, Module, manualSeed, mseLoss, tensor } from "unrolled";

manualSeed(0);
class Net extends Module {
  lstm = new LSTM(1, 8, { batchFirst: true });
  head = new Linear(8, 1);
  forward(x) {
    const [y] = this.lstm.forward(x);
    return this.head.forward(y.select(1, -1));
  }
}
export function train() {
  const model = new Net();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const x = tensor([[[0.1], [0.2], [0.3]], [[0.4], [0.5], [0.6]]]);
  const y = tensor([[0.4], [0.7]]);
  const losses = [];
  for (let i = 0; i < 3; i++) losses.push(optimizer.step(() => mseLoss(model.forward(x), y)).item().toFixed(5));
  return { losses: losses.join(" "), simd: cpuFeatures().simd };
}
`;

const withEngine = (/** @type {string} */ code) => `
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend, tensor } from "@unrolled/core";
setDefaultBackend(cpu());
${code}`;

/**
 * By folder under packages: a program that prints "works", and the packages that its README says to install with it.
 * @type {Record<string, { with: readonly string[], code: string }>}
 */
export const programs = {
  backend: {
    with: [],
    code: `import { table } from "@unrolled/backend"; if (Object.keys(table).length > 30) console.log("works");`,
  },
  "backend-cpu": {
    with: ["backend"],
    code: `import { cpu, cpuFeatures } from "@unrolled/backend-cpu"; const buffer = cpu().upload(Float32Array.of(1, 2), [2], "float32"); if (cpuFeatures().simd !== "off" && buffer[1] === 2) console.log("works");`,
  },
  core: {
    with: ["backend-cpu"],
    code: withEngine(
      `const x = tensor([1, 2], { requiresGrad: true }); x.mul(x).sum().backward(); if (x.grad.toArray()[1] === 4) console.log("works");`,
    ),
  },
  nn: {
    with: ["core", "backend-cpu"],
    code: withEngine(
      `const { Linear } = await import("@unrolled/nn"); if (new Linear(2, 3).forward(tensor([[1, 2]])).shape[1] === 3) console.log("works");`,
    ),
  },
  cells: {
    with: ["core", "backend-cpu"],
    code: withEngine(
      `const { GRU } = await import("@unrolled/cells"); if (new GRU(1, 3).forward(tensor([[[1]], [[2]]]))[0].shape[2] === 3) console.log("works");`,
    ),
  },
  optim: {
    with: ["core", "backend-cpu"],
    code: withEngine(
      `const { SGD } = await import("@unrolled/optim"); const w = tensor([1], { requiresGrad: true }); new SGD([w], { lr: 0.5 }).step(() => w.mul(w).sum()); if (w.toArray()[0] === 0) console.log("works");`,
    ),
  },
  datasets: {
    with: ["core", "backend-cpu"],
    code: withEngine(
      `const { slidingWindows, sine } = await import("@unrolled/datasets"); const { usBirths } = await import("@unrolled/datasets/births"); if (slidingWindows(sine({ length: 40, period: 20 }), { length: 10 }).length > 0 && typeof usBirths === "function") console.log("works");`,
    ),
  },
  weights: {
    with: ["cells", "nn", "core", "backend-cpu"],
    code: withEngine(
      `const { readSafetensors, writeSafetensors } = await import("@unrolled/weights"); if (typeof readSafetensors === "function" && typeof writeSafetensors === "function") console.log("works");`,
    ),
  },
  train: {
    with: ["datasets", "core", "backend-cpu"],
    code: withEngine(
      `const { fit, forecast } = await import("@unrolled/train"); if (typeof fit === "function" && typeof forecast === "function") console.log("works");`,
    ),
  },
  onnx: {
    with: ["cells", "core", "backend-cpu"],
    code: withEngine(
      `const { exportOnnx } = await import("@unrolled/onnx"); const { LSTM } = await import("@unrolled/cells"); const bytes = await exportOnnx(new LSTM(1, 2), { inputs: { x: ["time", "batch", 1] } }); if (tensor(1).size === 1 && bytes.length > 100) console.log("works");`,
    ),
  },
  "backend-onnx": {
    with: ["core", "backend-cpu"],
    code: `const m = await import("@unrolled/backend-onnx"); if (typeof m.onnxRuntime === "function") console.log("works");`,
  },
  "backend-tfjs": {
    with: ["core"],
    code: `const m = await import("@unrolled/backend-tfjs"); if (typeof m.tfjs === "function") console.log("works");`,
  },
  testkit: {
    with: ["backend-cpu"],
    code: `const { conformanceCases } = await import("@unrolled/testkit"); if (typeof conformanceCases === "function") console.log("works");`,
  },
  cli: {
    with: [],
    code: `import { spawnSync } from "node:child_process"; const { status, stdout } = spawnSync("node_modules/.bin/unrolled", ["--help"], { encoding: "utf8" }); if (status === 0 && stdout.includes("forecast")) console.log("works");`,
  },
  unrolled: { with: [], code: `${training} if (train().losses.split(" ").length === 3) console.log("works");` },
};
