import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dailyCsv, Place, tiny } from "./support/cli.js";

const good = dailyCsv();

interface Case {
  readonly what: string;
  readonly csv?: string | Uint8Array;
  readonly args?: readonly string[];
  /** What standard error says. */
  readonly says: string | RegExp;
}

const files: Case[] = [
  {
    what: "a wrong column",
    args: ["--column=sale"],
    says: 'my.csv: there is no column "sale"; choose one of "date", "sales"',
  },
  {
    what: "a cell that is not a number",
    csv: good.replace(/(2023-01-05),[\d.]+/, "$1,many"),
    says: 'my.csv: row 6, column "sales": "many" is not a number; correct the cell',
  },
  {
    what: "an empty cell",
    csv: good.replace(/(2023-01-05),[\d.]+/, "$1,"),
    says: /my\.csv: column "sales" is empty in row 6; fill the cells, or use --missing interpolate or --missing previous/,
  },
  {
    what: "words for a missing value",
    csv: good.replace(/(2023-01-05),[\d.]+/, "$1,NA"),
    says: 'column "sales" has no value in row 6 (written as "NA"); fill the cells, or use --missing interpolate or',
  },
  {
    what: "dates that may be read two ways",
    csv: "date,sales\n01/02/2023,1\n02/02/2023,2\n",
    says: 'may be day first or month first, as "01/02/2023"; use --date-order dmy or --date-order mdy; or use --no-dates',
  },
  {
    what: "decimal commas that may part thousands",
    csv: "date;sales\n2023-01-02;1,234\n2023-01-03;5,678\n",
    says: "which may mean 1.234 or 1234; use --decimal comma, or remove",
  },
  {
    what: "no numbers",
    csv: "shop,sales\na,12 kg\nb,13 kg\n",
    says: 'no column holds numbers; there are "shop", "sales"; row 2, column "sales": "12 kg" is not a number',
  },
  {
    what: "a horizon longer than the holdout",
    args: ["--holdout=5"],
    says: "--horizon 7 is longer than the held-back end, --holdout 5",
  },
  { what: "several columns of numbers", csv: "a,b\n1,2\n3,4\n", says: 'choose one with --column "a"' },
  {
    what: "dates out of order",
    csv: good.replace("2023-01-05", "2022-01-05"),
    says: /row 6.*sort the rows oldest first; or use --no-dates to ignore the dates/,
  },
  {
    what: "too few rows",
    csv: "date,sales\n2023-01-01,1\n2023-01-02,2\n",
    says: "error: 2 values are too few: --horizon 7, --window 14 and --holdout 30 need at least 63; give more\n",
  },
  { what: "an empty file", csv: "", says: "my.csv: the file is empty; give a header row" },
  { what: "a header only", csv: "date,sales\n", says: "my.csv: there is a header but no rows under it" },
  {
    what: "a binary file",
    csv: Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0xff, 0xfe),
    says: /my\.csv: this is not .*text/,
  },
  { what: "a row that is too short", csv: `${good}2023-05-01\n`, says: "my.csv: row 122 has 1 cell, the header has 2" },
  {
    what: "an unending season",
    args: ["--season=100000"],
    says: /error: 120 values are too few: .*--season 100000.*need at least 100\d+; give more; or .*--season 7,.* would fit/,
  },
];

const options: Case[] = [
  ...["--horizon=0", "--horizon=-1", "--horizon=abc", "--horizon=1.5", "--season=0", "--epochs=0", "--stride=0"].map(
    (arg): Case => ({
      what: arg,
      args: [arg],
      says: /error: option '--\w+ <.*' argument .* is invalid. Give a whole number/,
    }),
  ),
  {
    what: "--horizon -1",
    args: ["--horizon", "-1"],
    says: "argument '-1' is invalid. Give a whole number of at least 1.",
  },
  { what: "--hidden-size 1000000", args: ["--hidden-size=1000000"], says: "Give a whole number from 1 to 4096." },
  { what: "--seed 1e20", args: ["--seed=100000000000000000000"], says: "whole number from 0 to 9007199254740991." },
  { what: "--dropout 1", args: ["--dropout=1"], says: "Give a number from 0 to below 1." },
  { what: "--lr 0", args: ["--lr=0"], says: "Give a number above 0." },
  { what: "--cell foo", args: ["--cell=foo"], says: "Allowed choices are lstm, gru, rnn." },
  { what: "--delimiter x", args: ["--delimiter=x"], says: 'Give "," or ";" or "|" or "tab".' },
  { what: "--long-season 1", args: ["--long-season=1"], says: 'Give a whole number of at least 2, or "none".' },
  {
    what: "a long season shorter than the season",
    args: ["--long-season=5"],
    says: "--long-season 5 is not longer than --season 7",
  },
  {
    what: "an unknown option",
    args: ["--horizn=3"],
    says: /unknown option '--horizn=3'\n\(Did you mean --horizon\?\)/,
  },
  { what: "two files", args: ["other.csv"], says: "too many arguments" },
  {
    what: "an output folder that is a file",
    args: ["--out=my.csv"],
    says: "my.csv is a file, so no folder of that name",
  },
  {
    what: "an output folder below a file",
    args: ["--out=my.csv/x"],
    says: /cannot write into .*; choose another folder with --out/,
  },
];

describe("a mistake is named on standard error, with exit code 2 and nothing written", () => {
  it.each([...files, ...options])("$what", async ({ csv = good, args = [], says }) => {
    const place = new Place().write("my.csv", csv);
    const { code, stderr } = await place.run(["forecast", "my.csv", ...tiny, ...args]);
    if (typeof says === "string") expect(stderr).toContain(says);
    else expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/ {4}at |readSeries|internal error/);
    expect(code).toBe(2);
    expect(place.list()).toEqual(["my.csv"]);
  });

  it("no such file", async () => {
    const place = new Place();
    const { code, stderr } = await place.run(["forecast", "none.csv"]);
    expect(stderr).toContain("error: there is no file none.csv (looked for ");
    expect(code).toBe(2);
    expect(place.list()).toEqual([]);
  });

  it("a folder", async () => {
    const place = new Place();
    mkdirSync(place.path("data"));
    const { code, stderr } = await place.run(["forecast", "data"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "error: data is a folder; name a CSV file in it\n" });
  });

  it("a flag about a file where none is named", async () => {
    const { code, stderr } = await new Place().run(["forecast", "--column", "sales"]);
    expect(stderr).toContain(
      "--column sales is about a file, but none is named: unrolled forecast FILE.csv --column sales",
    );
    expect(code).toBe(2);
  });

  it("an unknown command", async () => {
    const { code, stderr } = await new Place().run(["forcast"]);
    expect(stderr).toContain("unknown command 'forcast'\n(Did you mean forecast?)");
    expect(code).toBe(2);
  });
});

describe("help", () => {
  it("is printed by unrolled alone, with exit code 0", async () => {
    const { code, stdout } = await new Place().run([]);
    expect(stdout).toContain("Usage: unrolled");
    expect(stdout).toContain("forecast [options] [file]");
    expect(code).toBe(0);
  });

  it("of forecast has every option, examples, and lines of at most 80 columns", async () => {
    const { code, stdout } = await new Place().run(["forecast", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("unrolled forecast sales.csv --column sales");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("has the version of the package", async () => {
    const { stdout } = await new Place().run(["--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
