import type { ScoreRow } from "@unrolled/train";
import { describe, expect, it } from "vitest";
import { isoDates } from "../dist/forecast/iso-dates.js";
import { differenceTo, verdict } from "../dist/forecast/verdict.js";
import { decimalsFor, formatBytes, formatDuration, formatNumber, formatterFor } from "../dist/numbers.js";

const row = (name: string, mae: number): ScoreRow => {
  return { name, kind: name === "LSTM" ? "model" : "baseline", mae, rmse: mae, mase: 1, smape: 1 };
};

describe("verdict", () => {
  const model = row("LSTM", 280);

  it("says which baselines are beaten and by how much, and which are not", () => {
    expect(verdict([model, row("weekly naive", 443), row("last year", 272)])).toBe(
      "By mean absolute error, the LSTM beats weekly naive by 37 %; it does not beat last year (280 against 272).",
    );
    expect(verdict([model, row("a", 560), row("b", 300)])).toBe(
      "By mean absolute error, the LSTM beats a by 50 % and b by 6.7 %.",
    );
    expect(verdict([model, row("a", 200)])).toBe("By mean absolute error, the LSTM does not beat a (280 against 200).");
  });

  it("tells a tie, and a baseline without error", () => {
    expect(verdict([model, row("a", 280)])).toBe("By mean absolute error, the LSTM is level with a.");
    expect(verdict([row("LSTM", 0), row("a", 0)])).toBe("By mean absolute error, the LSTM is level with a.");
    expect(verdict([row("LSTM", 1), row("a", 0)])).toContain("does not beat a (1.00 against 0.00)");
  });

  it("says whose the forecast is where the network is not used", () => {
    const guess = { ...row("first guess (mean)", 280), kind: "model" as const };
    expect(verdict([guess, row("a", 560)], { used: false, firstGuess: "the mean of the last 4 values" })).toBe(
      "The network added nothing: the forecast is its first guess, the mean of the last 4 values. " +
        "By mean absolute error, the first guess beats a by 50 %.",
    );
  });

  it("agrees with the table", () => {
    expect(differenceTo(row("a", 443), model)).toBe("37 % lower");
    expect(differenceTo(row("a", 272), model)).toBe("2.9 % higher");
  });
});

describe("numbers and dates", () => {
  it("are written for people", () => {
    expect(formatNumber(12345.678, 1)).toBe("12,345.7");
    expect(formatNumber(Number.POSITIVE_INFINITY, 1)).toBe("∞");
    expect(decimalsFor([443.1, 272.2], 4)).toBe(1);
    expect(decimalsFor([0.00123], 3)).toBe(5);
    expect(decimalsFor([0], 3)).toBe(0);
    expect([formatDuration(12.4), formatDuration(75), formatDuration(3700)]).toEqual([
      "12 s",
      "1 min 15 s",
      "1 h 1 min",
    ]);
    expect([formatBytes(911), formatBytes(50_175)]).toEqual(["911 B", "50.2 kB"]);
  });

  it("are short where they are very large or very small", () => {
    expect([1.5e12, 3e11].map(formatterFor([1.5e12, 3e11], 4))).toEqual(["1.500e+12", "3.000e+11"]);
    expect([2.5e-9, 0].map(formatterFor([2.5e-9, 0], 4))).toEqual(["2.500e-9", "0"]);
    expect([443.1, 1203].map(formatterFor([443.1, 1203], 4))).toEqual(["443.1", "1,203.0"]);
  });

  it("come in one form", () => {
    expect(isoDates(["2014/1/5", "2014-02", "20140301", "2015"])).toEqual([
      "2014-01-05",
      "2014-02-01",
      "2014-03-01",
      "2015-01-01",
    ]);
    expect(isoDates(["2014-01-01 18:30:05", "2014-01-01 18:30:06"])[1]).toBe("2014-01-01T18:30:06");
    expect(isoDates(["2014-01-01T18:30", "2014-01-02 01:00+02:00"])).toEqual(["2014-01-01T18:30", "2014-01-01T23:00"]);
  });
});
