import { maunaLoaCo2 } from "@unrolled/datasets/co2";
import { describe, expect, it } from "vitest";

describe("maunaLoaCo2", () => {
  it("holds the monthly means of the weeks that were measured", () => {
    const { months, values } = maunaLoaCo2();
    expect([months.length, values.length]).toEqual([526, 526]);
    expect([months[0], months.at(-1)]).toEqual(["1958-03", "2001-12"]);
    const at = (month: string) => values[months.indexOf(month)];
    expect(at("1958-03")).toBe(316.1);
    expect(at("1959-01")).toBeCloseTo((315.2 + 315.5 + 315.6 + 315.8 + 315.4) / 5, 2);
    expect(at("2001-12")).toBe(371.02);
  });

  it("has consecutive months, a season of a year and a rise", () => {
    const { months, values } = maunaLoaCo2();
    for (const [i, month] of months.slice(1).entries()) expect(month.endsWith("-01")).toBe(months[i].endsWith("-12"));
    const meanOf = (year: number) => {
      const rows = months.flatMap((month, i) => (month.startsWith(String(year)) ? [values[i]] : []));
      return rows.reduce((sum, value) => sum + value, 0) / rows.length;
    };
    for (let year = 1965; year < 2001; year++) expect(meanOf(year + 1)).toBeGreaterThan(meanOf(year));
    const may = months.flatMap((month, i) => (month.endsWith("-05") ? [values[i]] : []));
    const october = months.flatMap((month, i) => (month.endsWith("-10") ? [values[i]] : []));
    for (const [i, value] of may.entries()) expect(value).toBeGreaterThan(october[i]);
  });

  it("says which months were not measured and puts them on a line", () => {
    const { months, values, filled } = maunaLoaCo2();
    expect(filled).toEqual(["1958-06", "1958-10", "1964-02", "1964-03", "1964-04"]);
    const january = months.indexOf("1964-01");
    const step = (values[january + 4] - values[january]) / 4;
    for (let k = 1; k < 4; k++) expect(values[january + k]).toBeCloseTo(values[january] + k * step, 9);
  });

  it("gives each caller fresh arrays", () => {
    maunaLoaCo2().values[0] = 0;
    expect(maunaLoaCo2().values[0]).toBe(316.1);
  });
});
