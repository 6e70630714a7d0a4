// node write.mjs FOLDER: every option of the stock stack, exported in every form, at the lowest and the highest opset, with inputs
// and the outputs that eager layers give. For check.py.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpu } from "@unrolled/backend-cpu";
import { manualSeed, setDefaultBackend } from "@unrolled/core";
import { exportOnnx, maximumOpset, minimumOpset } from "@unrolled/onnx";
import { stackCases } from "../../test/export/stack-cases.mjs";

/** @typedef {Record<string, import("@unrolled/core").Tensor>} Tensors */

setDefaultBackend(cpu());
manualSeed(1);
const folder = process.argv[2];
mkdirSync(folder, { recursive: true });

/** @param {Tensors} tensors */
const plain = (tensors) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => [
      name,
      { dtype: x.dtype, shape: x.shape, data: Array.from(x.dataSync()) },
    ]),
  );

const cases = [];
for (const [i, { name, model, options, sizes, feeds, expected }] of stackCases().entries()) {
  for (const opset of [minimumOpset, maximumOpset]) {
    const file = `${i}-${opset}.onnx`;
    writeFileSync(join(folder, file), await exportOnnx(model, { ...options, opset }));
    const runs = sizes.map(([time, batch]) => {
      const given = feeds(time, batch);
      return { inputs: plain(given), outputs: plain(expected(given)) };
    });
    cases.push({ name: `${name}, opset ${opset}`, file, runs });
  }
}
writeFileSync(join(folder, "cases.json"), JSON.stringify(cases));
