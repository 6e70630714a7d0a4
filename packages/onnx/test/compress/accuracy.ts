import { type CompressOnnxOptions, compressOnnx } from "@unrolled/onnx";
import { beforeAll, describe, expect, test } from "vitest";
import { random } from "../numbers.js";
import { host } from "../values.js";
import { type EngineName, loadEngine, type Run, relativeDifference } from "./engines.js";
import { inputs, type Kind, recurrent } from "./models.js";
import { scanModel } from "./scan-model.js";
import { sharedWeights } from "./shared-weights.js";

interface Setting {
  readonly title: string;
  readonly options: CompressOnnxOptions;
  /** Largest output difference allowed, as a share of the largest output. */
  readonly y: number;
  readonly h: number;
}

const settings: readonly Setting[] = [
  { title: "float16", options: { weights: "float16" }, y: 1e-3, h: 1e-3 },
  { title: "int8 a channel", options: { weights: "int8" }, y: 0.02, h: 0.015 },
  { title: "int8 a tensor", options: { weights: "int8", granularity: "tensor" }, y: 0.025, h: 0.025 },
  { title: "int8 portable", options: { weights: "int8", portable: true }, y: 0.02, h: 0.015 },
];

/** The same file before and after, in one runtime. */
export function accuracy(name: EngineName): void {
  let run: Run;
  beforeAll(async () => {
    run = await loadEngine(name);
  });

  const heads = [
    { twoWays: false, gemm: false },
    { twoWays: true, gemm: true },
  ];
  const kinds: readonly Kind[] = ["LSTM", "GRU", "RNN"];
  describe.each(settings)("$title", ({ title, options, y, h }) => {
    for (const kind of kinds) {
      for (const head of heads) {
        test(`${kind}${head.twoWays ? " both ways, Gemm" : ", MatMul"}`, async () => {
          const bytes = recurrent(kind, head);
          const feeds = { x: random([20, 4, inputs], 3) };
          const [actual, expected] = [await run(compressOnnx(bytes, options).bytes, feeds), await run(bytes, feeds)];
          const differences = [relativeDifference(actual.y, expected.y), relativeDifference(actual.h, expected.h)];
          if (process.env.COMPRESSION_FIGURES) console.log(name, title, kind, JSON.stringify(head), ...differences);
          expect(differences[0]).toBeLessThan(y);
          expect(differences[1]).toBeLessThan(h);
          expect(differences[1]).toBeGreaterThan(0);
        });
      }
    }

    test("weights inside and around the sub-graph of a Scan", async () => {
      const feeds = { x: random([6, 12], 4) };
      const bytes = scanModel();
      const smaller = compressOnnx(bytes, { ...options, minimumSize: 32 });
      expect(smaller.report.changed.map((tensor) => tensor.name).sort()).toEqual(["inner", "outer", "outer.add"]);
      const [actual, expected] = [await run(smaller.bytes, feeds), await run(bytes, feeds)];
      expect(relativeDifference(actual.y, expected.y)).toBeLessThan(y);
    });

    test("one table for Gather and MatMul, two products of one operand, a batch of matrices", async () => {
      const feeds = { x: random([3, 12], 5), ids: host("int32", [2], [7, 2]) };
      const bytes = sharedWeights();
      const [actual, expected] = [await run(compressOnnx(bytes, options).bytes, feeds), await run(bytes, feeds)];
      for (const output of ["rows", "left", "right", "batched"])
        expect(relativeDifference(actual[output], expected[output]), output).toBeLessThan(y);
    });
  });
}
