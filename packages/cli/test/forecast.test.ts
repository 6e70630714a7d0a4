import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { readSafetensors } from "@unrolled/weights";
import { describe, expect, it } from "vitest";
import { dailyCsv, main, outcome, Place, tiny } from "./support/cli.js";

const files = ["forecast.csv", "model.json", "model.onnx", "model.safetensors", "report.html"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
const controlCharacters = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe("unrolled forecast my.csv", () => {
  it("shows the series, the scores, a chart and the files, and writes them", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    const { code, stdout, stderr } = await place.run(["forecast", "my.csv", ...tiny]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("epoch 2/2  loss ") });
    expect(stdout).toContain("sales, from my.csv");
    expect(stdout).toContain("120 rows, 2023-01-01 to 2023-04-30");
    expect(stdout).toMatch(/^ +MAE +RMSE +MASE +sMAPE +(LSTM|guess)'s MAE is$/m);
    expect(stdout).toContain("Season    7: the dates are daily");
    expect(stdout).toMatch(/^(LSTM|first guess \(\w+\))( +[\d.]+){4} %$/m);
    expect(stdout).toMatch(/^weekly naive( +[\d.]+){4} % +.*(lower|higher|same)$/m);
    expect(stdout).toMatch(/By mean absolute error,\s+the (LSTM|first\s+guess) /);
    expect(stdout).toContain("•• forecast   ░░ 80 % interval");
    expect(stdout).toMatch(/^2023-05-01( +[\d.]+){3}$/m);
    for (const name of files) expect(stdout).toContain(`out/my-sales/${name}`);
    expect(place.list("out", "my-sales")).toEqual(files);
    expect(place.list("out")).toEqual(["my-sales"]);
  });

  it("prints no control characters where there is no terminal", async () => {
    const column = '"a\u001b[31mb\tc"';
    const place = new Place().write("my.csv", dailyCsv(120, column));
    const { code, stdout, stderr } = await place.run(["forecast", "my.csv", ...tiny]);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(controlCharacters);
    expect(stderr).not.toMatch(controlCharacters);
  });

  it("writes a forecast that follows the last date, between its bounds' file columns", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    await place.run(["forecast", "my.csv", "--out=there", "--quiet", ...tiny]);
    const lines = place.read("there", "forecast.csv").split("\n");
    expect(lines[0]).toBe("step,date,forecast,lower,upper");
    expect(lines).toHaveLength(9);
    lines.slice(1, 8).forEach((line, i) => {
      const [step, date, ...numbers] = line.split(",");
      expect([step, date]).toEqual([`${i + 1}`, `2023-05-0${i + 1}`]);
      const [value, lower, upper] = numbers.map(Number);
      expect(lower).toBeLessThanOrEqual(upper);
      expect(value).toBeGreaterThan(50);
      expect(value).toBeLessThan(200);
    });
  });

  it("leaves the date out of rows without dates", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    const { stdout } = await place.run(["forecast", "my.csv", "--no-dates", "--out=there", ...tiny]);
    expect(place.read("there", "forecast.csv")).toMatch(/\n1,,[\d.]+,/);
    expect(stdout).toMatch(/^step +forecast +lower +upper$/m);
  });

  it("gives the same bytes for the same seed, others for another", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    for (const [out, seed] of [
      ["a", "5"],
      ["b", "5"],
      ["c", "6"],
    ]) {
      expect((await place.run(["forecast", "my.csv", `--out=${out}`, `--seed=${seed}`, ...tiny])).code).toBe(0);
    }
    for (const name of files) expect(place.bytes("a", name).equals(place.bytes("b", name)), name).toBe(true);
    expect(place.bytes("a", "model.safetensors").equals(place.bytes("c", "model.safetensors"))).toBe(false);
  });

  it("writes weights and a configuration that fit together", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    await place.run(["forecast", "my.csv", "--out=there", "--cell=gru", "--layers=2", ...tiny]);
    const config = JSON.parse(place.read("there", "model.json"));
    expect(config).toMatchObject({ series: "sales", options: { cell: "gru", numLayers: 2, hiddenSize: 4, seed: 0 } });
    const { tensors } = readSafetensors(place.bytes("there", "model.safetensors"));
    const recurrent = Object.entries(tensors).filter(([name]) => name.endsWith("weight_hh_l1"));
    expect(recurrent.map(([, { shape }]) => [...shape])).toEqual([[12, 4]]);
  });

  it("replaces its own files and lets others be", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    mkdirSync(place.path("there"));
    place.write("there/notes.txt", "mine").write("there/report.html", "old");
    expect((await place.run(["forecast", "my.csv", "--out=there", ...tiny])).code).toBe(0);
    expect(place.list("there")).toEqual([...files, "notes.txt"].sort());
    expect(place.read("there", "notes.txt")).toBe("mine");
    expect(place.read("there", "report.html")).toContain("<!doctype html>");
  });

  it("writes nothing at all where one file cannot be replaced", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    mkdirSync(place.path("there", "model.json"), { recursive: true });
    place.write("there/report.html", "old");
    const { code, stderr } = await place.run(["forecast", "my.csv", "--out=there", ...tiny]);
    expect(code).toBe(2);
    expect(stderr).toContain("model.json is not a file and would be in the way");
    expect(place.list("there")).toEqual(["model.json", "report.html"]);
    expect(place.read("there", "report.html")).toBe("old");
  });

  it("takes names from where the person stands, whatever npm was started from", async () => {
    const place = new Place();
    mkdirSync(place.path("data"));
    place.write("data/my.csv", dailyCsv());
    const { code } = await place.run(["forecast", "data/my.csv", "--out=results/here", ...tiny], { INIT_CWD: "/" });
    expect(code).toBe(0);
    expect(place.list("results", "here")).toEqual(files);
  });

  it("prints JSON and nothing else with --json", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    const { stdout } = await place.run(["forecast", "my.csv", "--json", ...tiny]);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ series: { name: "sales", rows: 120 }, options: { horizon: 7, seed: 0 } });
    expect(result.forecast.values).toHaveLength(7);
    expect(result.backtest.scores[0]).toMatchObject({ kind: "model", mae: expect.any(Number) });
    expect(result.network).toEqual({ used: result.backtest.scores[0].name === "LSTM", firstGuess: expect.any(String) });
    expect(result.seasonReason).toBe("the dates are daily");
    expect(result.files).toHaveLength(5);
    expect(result.onnx).toEqual({
      runtime: expect.stringMatching(/^onnxruntime-(node|web)$/),
      forecasts: result.backtest.origins + 1,
      largestDifference: expect.any(Number),
    });
    expect(result.onnx.largestDifference).toBeLessThan(1e-5);
  });

  it("does without a long season where asked", async () => {
    const place = new Place();
    const settings = ["--long-season=none", "--epochs=1", "--hidden-size=2", "--window=14", "--json"];
    const { code, stdout } = await place.run(["forecast", ...settings]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).options.longSeason).toBeNull();
  });

  it("prints warnings only with --quiet", async () => {
    const place = new Place().write(
      "my.csv",
      dailyCsv()
        .replace("2023-02-10,", "2023-02-10,,")
        .replace(/^2023-02-10.*\n/m, ""),
    );
    const { code, stdout, stderr } = await place.run(["forecast", "my.csv", "--quiet", ...tiny]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("warning: row 42: 1 row is missing between 2023-02-09 and 2023-02-11");
    expect(stderr).not.toContain("epoch");
    expect(place.read("out", "my-sales", "report.html")).toContain("<li>row 42: 1 row is missing");
  });

  it("warns of a constant series and of filled cells", async () => {
    const constant = dailyCsv()
      .replace(/,[\d.]+$/gm, ",5")
      .replace("2023-01-03,5", "2023-01-03,");
    const place = new Place().write("my.csv", constant);
    const { code, stderr } = await place.run(["forecast", "my.csv", "--missing=previous", ...tiny]);
    expect(code).toBe(0);
    expect(stderr).toContain("warning: row 4: empty cell filled (previous) with 5");
    expect(stderr).toMatch(/warning: all 90 values before the held-back end are 5/);
    expect(Math.max(...stderr.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(place.read("out", "my-sales", "forecast.csv")).toContain("\n1,2023-05-01,5,5,5\n");
  });

  it("needs no options for ten years of months, and few for twenty rows", async () => {
    const months = Array.from({ length: 120 }, (_, i) => {
      const end = new Date(Date.UTC(2010, i + 1, 0)).toISOString().slice(0, 10);
      return `${end.split("-").reverse().join(".")};${(100 + i + 30 * Math.sin((Math.PI * i) / 6)).toFixed(2).replace(".", ",")}`;
    });
    const place = new Place().write("months.csv", `Datum;Umsatz\n${months.join("\n")}\n`).write(
      "few.csv",
      `y\n${months
        .slice(0, 20)
        .map((_, i) => 5 + ((3 * i) % 7))
        .join("\n")}\n`,
    );
    const long = await place.run(["forecast", "months.csv"]);
    expect(long.code).toBe(0);
    expect(long.stdout).toContain("Season    12: the dates are monthly");
    expect(long.stdout).toMatch(/^seasonal naive \(12 back\) /m);
    expect(long.stdout).toContain("2020-01-31");
    expect(long.stderr).toContain('warning: column "Umsatz" has decimal commas, as in "100,00"\n');
    expect(long.stderr).not.toMatch(/uneven|missing|short/);
    const few = await place.run(["forecast", "few.csv", "--horizon=3", "--season=2"]);
    expect(few.code).toBe(0);
    expect(few.stdout).toMatch(/The interval comes from \d backtests? only: take it with care\./);
    expect(place.read("out", "few-y", "report.html")).toMatch(/reaches as far to both sides.*only: take it with care/);
  });

  it("credits the network with nothing where it is not used", async () => {
    const exact = Array.from({ length: 140 }, (_, i) => `${i % 7}`).join("\n");
    const place = new Place().write("my.csv", `y\n${exact}\n`);
    const { stdout, stderr } = await place.run(["forecast", "my.csv", "--season=7", ...tiny]);
    expect(stdout).toMatch(/^first guess \(naive\) +0 +0 +0.000 +0.00 %$/m);
    expect(stdout.replaceAll("\n", " ")).toContain("its first guess, the value 7 steps back, repeated. By mean");
    expect(stderr).toContain("is not used");
    const texts = stdout + place.read("out", "my-y", "report.html");
    expect(texts.match(/(?<!<td>)LSTM[^\n]*/g)?.filter((text) => !/^LSTM, 4 hidden units/.test(text))).toEqual([]);
  });

  it("fills missing rows where asked, and says how where not", async () => {
    const place = new Place().write("my.csv", dailyCsv().replace(/^2023-02-1[01].*\n/gm, ""));
    const { stderr } = await place.run(["forecast", "my.csv", "--quiet", ...tiny]);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(
      "slips there: fill them with --missing interpolate or --missing previous",
    );
    const filled = await place.run(["forecast", "my.csv", "--missing=interpolate", ...tiny]);
    expect(filled.stdout).toContain("120 rows, 2023-01-01 to 2023-04-30");
    expect(filled.stderr.replaceAll(/\s+/g, " ")).toContain(
      "2 missing rows filled (interpolate) between 2023-02-09 and 2023-02-12",
    );
    expect(filled.stderr).not.toContain("slips");
  });

  it("fits 80 columns, with huge and tiny numbers too", async () => {
    for (const factor of [1e10, 1e-11]) {
      const scaled = dailyCsv().replace(/,([\d.]+)$/gm, (_, value: string) => `,${Number(value) * factor}`);
      const place = new Place().write("my.csv", scaled);
      const { stdout, stderr } = await place.run(["forecast", "my.csv", ...tiny]);
      expect(Math.max(...`${stdout}${stderr}`.split("\n").map((line) => [...line].length))).toBeLessThanOrEqual(80);
      expect(stdout).not.toMatch(/0\.000000/);
    }
  });

  it("stops on Ctrl-C with 130 and writes nothing", async () => {
    const place = new Place();
    const child = spawn(process.execPath, [main, "forecast", "--epochs=1000", "--patience=1000"], {
      cwd: place.folder,
    });
    child.stderr.once("data", () => child.kill("SIGINT"));
    const { code, stderr } = await outcome(child);
    expect(code).toBe(130);
    expect(stderr).toContain("Interrupted: nothing was written.");
    expect(stderr).not.toContain("    at ");
    expect(place.list()).toEqual([]);
  });

  it("goes on without a stack trace when nobody reads its output", async () => {
    const place = new Place().write("my.csv", dailyCsv());
    const child = spawn(process.execPath, [main, "forecast", "my.csv", ...tiny], { cwd: place.folder });
    child.stdout.destroy();
    const { code, stderr } = await outcome(child);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE| {4}at /);
    expect(place.list("out", "my-sales")).toEqual(files);
  });
});

describe("unrolled forecast", () => {
  it("takes the births, and says where they are from", async () => {
    const place = new Place();
    const { code, stdout } = await place.run(["forecast", "--epochs=1", "--hidden-size=2", "--window=14"]);
    expect(code).toBe(0);
    expect(stdout).toContain("5,479 rows, 2000-01-01 to 2014-12-31");
    expect(stdout).toContain("US Social Security Administration");
    expect(stdout).toContain("CC0 1.0");
    expect(stdout).toMatch(/^same weekday last year +272\.2 /m);
    expect(place.list("out", "us-births")).toEqual(files);
  });
});
