import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { cpu } from "@unrolled/backend-cpu";
import { loadOnnx } from "@unrolled/backend-onnx";
import { forecast, RawForecaster } from "@unrolled/train";
import { describe, expect, it } from "vitest";
import { checkModel } from "../src/onnx/check-model.js";
import { onnxModel } from "../src/onnx/onnx-model.js";
import { dailyCsv, Place, tiny } from "./support/cli.js";

const preload = pathToFileURL(fileURLToPath(new URL("support/without-onnxruntime.mjs", import.meta.url))).href;
const hiding = (...names: readonly string[]): Record<string, string> => ({
  NODE_OPTIONS: `--import=${preload}`,
  HIDDEN: names.join(","),
});

const checked =
  /^model\.onnx checked in ONNX Runtime: (no difference|largest difference \d\.\de-\d+ of the scale)\s+over\s+13 forecasts$/m;

/** The numbers of a column. */
function column(csv: string, at: number): number[] {
  const [, ...lines] = csv.trim().split("\n");
  return lines.map((line) => Number(line.split(",")[at]));
}

describe("model.onnx", () => {
  it("gives the forecast from raw values and days", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    const { code, stdout } = await place.run(["forecast", "my.csv", "--out=there", ...tiny]);
    expect(code).toBe(0);
    expect(stdout).toMatch(checked);
    expect(place.read("there", "report.html")).toContain(
      "In ONNX Runtime it gave 13 forecasts of this run again, with differences below 1e-5 of the scale.",
    );

    const values = column(dailyCsv(), 1);
    await using session = await loadOnnx(place.bytes("there", "model.onnx"), { threads: 1 });
    const { metadata } = session;
    const size = Number(metadata["unrolled.history"]);
    expect(session.inputs.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["history", "float64", ["batch", size]],
      ["start", "int32", ["batch"]],
      ["days", "float64", ["batch", size + 7]],
    ]);
    const first = Date.UTC(2023, 0, 1) / 86_400_000 + values.length - size;
    const result = await session.run({
      history: [values.slice(-size)],
      start: [values.length - size],
      days: [Array.from({ length: size + 7 }, (_, i) => first + i)],
    });
    const written = column(place.read("there", "forecast.csv"), 2);
    Array.from(result.forecast.data).forEach((value, k) => {
      expect(value).toBeCloseTo(written[k], 4);
    });
    expect(metadata).toMatchObject({ "unrolled.series": "sales", "unrolled.horizon": "7" });
    expect(JSON.parse(metadata["unrolled.plan"])).toMatchObject({ season: 7, window: 14, weekday: true });
    expect(JSON.parse(metadata["unrolled.inputs"])).toEqual({
      history: expect.stringContaining(`the last ${size} values of the series, oldest first`),
      start: expect.stringContaining(`the number of values less ${size}`),
      days: expect.stringContaining("in days since 1970-01-01"),
    });
  });

  it("takes no days where there are no dates, and makes up for few values", async () => {
    const values = Array.from({ length: 40 }, (_, i) => (10 * Math.sin((2 * Math.PI * i) / 12)).toFixed(4));
    const place = new Place().write("sine.csv", `y\n${values.join("\n")}\n`);
    const settings = ["--horizon=3", "--season=12", "--window=4", "--hidden-size=4", "--holdout=6"];
    const { code, stdout } = await place.run(["forecast", "sine.csv", "--out=there", "--json", ...settings]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).onnx.largestDifference).toBeLessThan(1e-6);
    await using session = await loadOnnx(place.bytes("there", "model.onnx"), { threads: 1 });
    const size = Number(session.metadata["unrolled.history"]);
    expect(session.inputs.map(({ name }) => name)).toEqual(["history", "start"]);
    expect(size).toBeGreaterThan(40);
    const history = [...Array.from({ length: size - 40 }, () => 999), ...values.map(Number)];
    const result = await session.run({ history: [history], start: [40 - size] });
    const written = column(place.read("there", "forecast.csv"), 2);
    Array.from(result.forecast.data).forEach((value, k) => {
      expect(value).toBeCloseTo(written[k], 4);
    });
  });

  it("is checked for a series far from zero, whose values have few digits left", async () => {
    const far = dailyCsv().replace(/,([\d.]+)$/gm, (_, value: string) => `,${1e12 + Number(value)}`);
    const place = new Place().write("my.csv", far);
    expect(await place.run(["forecast", "my.csv", "--quiet", ...tiny])).toMatchObject({ code: 0 });
  });

  it("is left out with --no-onnx", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    const { stdout } = await place.run(["forecast", "my.csv", "--out=there", "--no-onnx", ...tiny]);
    expect(place.list("there")).toEqual(["forecast.csv", "model.json", "model.safetensors", "report.html"]);
    expect(stdout).not.toContain("model.onnx");
    expect(place.read("there", "report.html")).not.toContain("model.onnx");
    const { stdout: json } = await place.run(["forecast", "my.csv", "--no-onnx", "--json", ...tiny]);
    expect(JSON.parse(json)).not.toHaveProperty("onnx");
  });

  it("is checked with onnxruntime-web where onnxruntime-node is not installed", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    const { code, stdout, stderr } = await place.run(
      ["forecast", "my.csv", "--json", "--quiet", "--long-season=none", ...tiny],
      hiding("onnxruntime-node"),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout).onnx).toMatchObject({ runtime: "onnxruntime-web", forecasts: 13 });
  });

  it("stops everything where it cannot be run, and says how to do without it", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    const hidden = hiding("onnxruntime-node", "onnxruntime-web");
    const { code, stdout, stderr } = await place.run(["forecast", "my.csv", "--quiet", ...tiny], hidden);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /model\.onnx does not run in ONNX Runtime \(.*onnxruntime-web.*\): nothing was written; --no-onnx /,
    );
    expect(place.list()).toEqual(["my.csv"]);
    expect((await place.run(["forecast", "my.csv", "--quiet", "--no-onnx", ...tiny], hidden)).code).toBe(0);
  });
});

describe("checkModel", () => {
  const values = Float64Array.from({ length: 200 }, (_, i) => 10 * Math.sin(i / 3) + (i % 5));
  const settings = { horizon: 5, window: 10, hiddenSize: 4, epochs: 2, backend: cpu() };

  it("refuses a model that forecasts something else, and one that does not run", async () => {
    const run = await forecast({ name: "y", values }, settings);
    const other = await forecast({ name: "y", values: values.map((value) => value + 1e-3 * value * value) }, settings);
    const { bytes, check } = await onnxModel(run);
    expect(check.largestDifference).toBeLessThan(1e-6);
    const raw = new RawForecaster(run);
    await expect(checkModel((await onnxModel(other)).bytes, raw, run)).rejects.toThrow(
      /^model\.onnx forecasts something else in ONNX Runtime, by \d\.\de-?\+?\d+ of the scale: nothing was written/,
    );
    await expect(checkModel(bytes.subarray(0, bytes.length / 2), raw, run)).rejects.toThrow(
      /^model\.onnx does not run in ONNX Runtime \(/,
    );
  });
});

describe("the README", () => {
  it("shows the end of the script that check:python runs", () => {
    const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
    const script = read("python/forecast_csv.py");
    expect(read("README.md")).toContain(`\`\`\`python\n${script.slice(script.indexOf("session ="))}\`\`\``);
  });
});
