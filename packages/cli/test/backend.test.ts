import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { dailyCsv, Place, tiny } from "./support/cli.js";

const preload = pathToFileURL(fileURLToPath(new URL("support/without-onnxruntime.mjs", import.meta.url))).href;
const without = (name: string): Record<string, string> => ({ HIDDEN: name, NODE_OPTIONS: `--import ${preload}` });

it("--backend tfjs:wasm forecasts what the CPU does, and model.onnx agrees", async () => {
  const place = new Place().write("my.csv", dailyCsv());
  const forecasts: number[][] = [];
  for (const backend of ["cpu", "tfjs:wasm"]) {
    const args = [
      "forecast",
      "my.csv",
      "--quiet",
      "--long-season=none",
      `--backend=${backend}`,
      "--out=there",
      ...tiny,
    ];
    expect(await place.run(args)).toEqual({ code: 0, stdout: "", stderr: "" });
    const rows = place.read("there", "forecast.csv").trim().split("\n").slice(1);
    forecasts.push(rows.map((row) => Number(row.split(",")[2])));
  }
  const [expected, actual] = forecasts;
  expect(expected).toHaveLength(7);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-3 * Math.abs(expected[i]));
  });
});

it.each([
  [
    "@unrolled/backend-tfjs",
    "npm install @unrolled/backend-tfjs @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0",
  ],
  ["@tensorflow/tfjs-backend-wasm", "npm install @tensorflow/tfjs-backend-wasm@4.22.0"],
])("without %s it says what to install, and writes nothing", async (name, install) => {
  const place = new Place().write("my.csv", dailyCsv());
  const { code, stderr } = await place.run(["forecast", "my.csv", "--backend=tfjs:wasm", ...tiny], without(name));
  expect(code).toBe(2);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(install);
  expect(place.list()).toEqual(["my.csv"]);
});

it("an unknown backend is refused with the known ones", async () => {
  const { code, stderr } = await new Place().run(["forecast", "--backend=gpu"]);
  expect(code).toBe(2);
  expect(stderr).toContain("cpu, tfjs:cpu, tfjs:wasm, tfjs:tensorflow");
});

it("--threads 2 gives the same forecast to the byte", async () => {
  const place = new Place().write("my.csv", dailyCsv());
  const sizes = [...tiny, "--hidden-size=48"]; // large enough to be shared
  const files: string[] = [];
  for (const threads of [1, 2]) {
    const args = [
      "forecast",
      "my.csv",
      "--quiet",
      "--long-season=none",
      `--threads=${threads}`,
      "--out=there",
      ...sizes,
    ];
    expect(await place.run(args)).toEqual({ code: 0, stdout: "", stderr: "" });
    files.push(place.read("there", "forecast.csv"));
  }
  expect(files[1]).toBe(files[0]);
});

it.each([
  [["--threads=0"], "from 1 to 16"],
  [["--threads=2", "--backend=tfjs:wasm"], "--threads is for --backend cpu"],
])("%j is refused", async (flags, reason) => {
  const { code, stderr } = await new Place().run(["forecast", ...flags]);
  expect(code).toBe(2);
  expect(stderr).toContain(reason);
});
