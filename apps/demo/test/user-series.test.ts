// Pasted and dropped data: what is good is kept, what is not is named with its row.
import { expect, test } from "vitest";
import { readUserSeries, wordsOf } from "../src/panels/data/read-user-series.js";
import { textToValues, valuesToText } from "../src/session/series-text.js";
import { openSession, stateOf } from "./support/session.js";

const wave = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.round(100 * Math.sin(i / 4)) / 100);
const csv = (values: readonly (number | string)[], header = "day,height", mark = ","): string =>
  [header, ...values.map((value, i) => `${i + 1}${mark}${value}`)].join("\n");

const refused = (text: string): string => {
  try {
    readUserSeries(text, "file");
  } catch (error) {
    return wordsOf(error);
  }
  throw new Error("was not refused");
};

test("a bad row is named with its number and filled in, the others are kept", () => {
  const values: (number | string)[] = wave(40);
  values[10] = "oops";
  const { series, remarks, column, columns } = readUserSeries(csv(values), "waves.csv");
  expect([column, columns]).toEqual(["height", ["height"]]);
  expect(series.values).toHaveLength(40);
  expect(remarks.map(({ row, text }) => `row ${row}: ${text}`)).toEqual([
    expect.stringMatching(/^row 12: "oops" is not a number; filled in, between its neighbours, with 0.58/),
  ]);
  for (const [i, value] of wave(40).entries()) if (i !== 10) expect(series.values[i]).toBe(Math.fround(value));
  expect(series.values[10]).toBeCloseTo((wave(40)[9] + wave(40)[11]) / 2, 5);
});

test("empty cells and missing days are filled, and said", () => {
  const day = (i: number): string => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
  const rows = wave(40).map((value, i) => `${day(i)};${i === 5 ? "" : value}`);
  rows.splice(20, 2);
  const { series, remarks } = readUserSeries(`date;height\n${rows.join("\n")}\n`, "gaps");
  expect(series.values).toHaveLength(40);
  expect(remarks.map(({ row }) => row)).toEqual([7, 22]);
  expect(remarks[1].text).toMatch(/2 missing rows filled .* between 2024-01-20 and 2024-01-23/);
});

test("bad cells at the ends are left out", () => {
  const { series, remarks } = readUserSeries(csv(["start", ...wave(30), "", "end"]), "ends");
  expect([...series.values]).toEqual([...Float32Array.from(wave(30))]);
  expect(new Set(remarks.map(({ row }) => row))).toEqual(new Set([2, 33, 34]));
});

test("dates that cannot be read are left aside", () => {
  const { series, remarks } = readUserSeries(
    `date,height\n${wave(24)
      .map((v) => `01/02/2024,${v}`)
      .join("\n")}`,
    "dates",
  );
  expect(series.values).toHaveLength(24);
  expect(remarks).toEqual([
    {
      row: 0,
      text: expect.stringMatching(
        /^the dates are not used: (?!.*dateOrder).*\. The values are taken in the order of the rows$/,
      ),
    },
  ]);
});

test("of several columns one is chosen", () => {
  const text = `a;b;note\n${wave(30)
    .map((v) => `${v};${2 * v};x`)
    .join("\n")}`;
  expect(readUserSeries(text, "two").columns).toEqual(["a", "b"]);
  expect(readUserSeries(text, "two", "b").series).toEqual({
    name: "two, b",
    values: Float32Array.from(wave(30), (v) => 2 * v),
  });
});

test("numbers alone need no header: in a line or in lines; with decimal commas they do", () => {
  const expected = [...Float32Array.from(wave(30))];
  for (const text of [wave(30).join(", "), wave(30).join(" "), wave(30).join("\n"), wave(30).join(",\n")])
    expect([...readUserSeries(text, "list").series.values]).toEqual(expected);
  const rows = wave(30).map((v, i) => `${i};${String(v).replace(".", ",")}`);
  const german = readUserSeries(`tag;wert\n${rows.join("\n")}`, "german");
  expect([...german.series.values]).toEqual(expected);
});

const comma = (value: number): string => value.toFixed(2).replace(".", ",");

test("a file without names keeps its first row, and decimal commas are found", () => {
  const expected = [...Float32Array.from(wave(30))];
  const rows = (line: (value: number, i: number) => string): string => wave(30).map(line).join("\n");
  const cases: readonly [text: string, column: string, commas: string | null, told: RegExp | null][] = [
    [rows((v, i) => `${i};${comma(v)}`), "column 2", null, /no row of names/],
    [rows((v, i) => `${i},${v.toFixed(6)}`), "column 2", null, /no row of names/],
    [rows((v, i) => `2024-01-${String(i + 1).padStart(2, "0")};${comma(v)}`), "column 2", null, /no row of names/],
    [rows(comma), "value", "decimal", /decimal commas/],
    [`height\n${rows(comma)}`, "height", null, /decimal commas/],
    [wave(30).map(comma).join(" "), "value", null, /decimal commas/],
    [wave(30).map(comma).join("; "), "value", null, /decimal commas/],
  ];
  for (const [text, column, commas, told] of cases) {
    const read = readUserSeries(text, "file");
    expect([text.slice(0, 20), ...read.series.values]).toEqual([text.slice(0, 20), ...expected]);
    expect([read.column, read.commas]).toEqual([column, commas]);
    if (told) expect(read.remarks.map((one) => one.text).join()).toMatch(told);
  }
});

test("amounts in quotes, as spreadsheets write them, are numbers", () => {
  const rows = wave(30).map((_, i) => `2024-01-${String(i + 1).padStart(2, "0")},"${10 + (i % 5)},000.${i % 10}0"`);
  const read = readUserSeries(["date,sales", ...rows].join("\n"), "amounts");
  expect([read.column, ...read.series.values.slice(0, 2)]).toEqual(["sales", 10_000, Math.fround(11_000.1)]);
});

test("where a comma may be either, the reader chooses", () => {
  const text = Array.from({ length: 30 }, (_, i) => `${i},5`).join("\n");
  const guessed = readUserSeries(text, "either");
  expect([guessed.commas, guessed.series.values[1]]).toEqual(["decimal", 1.5]);
  const asColumns = readUserSeries(text, "either", undefined, "columns");
  expect([asColumns.commas, asColumns.column, asColumns.series.values[1]]).toEqual(["columns", "column 2", 5]);
  const counted = readUserSeries(Array.from({ length: 30 }, (_, i) => `${i},${i * i}`).join("\n"), "either");
  expect([counted.commas, counted.series.values[3]]).toEqual(["columns", 9]);
});

test("rows of a file without names are counted as they stand in it", () => {
  const rows = wave(30).map((v, i) => `${i};${i === 4 ? "oops" : v}`);
  expect(readUserSeries(rows.join("\n"), "bad").remarks.map(({ row }) => row)).toEqual([0, 5]);
  expect(refused([...rows, "1;2;3"].join("\n"))).toMatch(/row 31 has 3 cells, the first row has 2/);
});

test.each([
  ["too short", csv([1, 2, 3]), /has 3 values; give 20 or more/],
  ["no text", "", /empty/],
  ["words", "a,b\nx,y\nz,w\n", /no column holds numbers/],
  [
    "another delimiter below",
    `a;b\n${wave(30)
      .map((v) => `${v},1`)
      .join("\n")}`,
    /row 2 has 1 cell, the header has 2.*the header has ";" between its cells/,
  ],
  ["a row too long", csv([...wave(30), "1,2"]), /row 32 has 3 cells, the header has 2/],
  ["a quote left open", csv([...wave(30), '"1']), /row 32: a quoted cell is never closed/],
])("%s is refused in words", (_, text, words) => {
  expect(refused(text)).toMatch(words);
});

test("of a long file the last 5,000 values are used", () => {
  const { series, remarks } = readUserSeries(csv(wave(6000)), "long");
  expect(series.values).toHaveLength(5000);
  expect(remarks.at(-1)?.text).toBe("of 6000 values the last 5000 are used");
});

test("a series of one's own trains, and one that is too short is refused", async () => {
  const state = { ...stateOf("own"), series: { name: "waves", values: Float32Array.from(wave(100)) } };
  const session = await openSession(state);
  await session.step(200);
  const { progress } = await session.look({});
  expect(progress.testLoss).toBeLessThan(0.1);
  await expect(openSession({ ...state, series: { name: "short", values: new Float32Array(5) } })).rejects.toThrow(
    '"short" has 5 values; give 20 or more',
  );
});

const one = (cell: string, name = "v"): string =>
  `x,${name}\n${wave(40)
    .map((value, i) => `a,${i === 7 ? cell : 50 + value}`)
    .join("\n")}`;

test.each(["abc", '"51,25"', '"1,200"', "0x10", "Infinity", "5 %"])(
  "one cell %s does not cost the whole file",
  (cell) => {
    const { series, remarks } = readUserSeries(one(cell), "odd");
    expect(series.values).toHaveLength(40);
    expect(series.values[7]).toBeCloseTo((series.values[6] + series.values[8]) / 2, 4);
    expect(remarks).toEqual([
      {
        row: 9,
        text: expect.stringMatching(/^".*" is not a number; filled in, between its neighbours, with [\d.]{1,8}$/),
      },
    ]);
  },
);

test("decimal commas of three digits need no choice", () => {
  const rows = wave(30).map((value, i) => `d${i};${(50 + value).toFixed(3).replace(".", ",")}`);
  const { series, remarks } = readUserSeries(`t;v\n${rows.join("\n")}`, "german");
  expect(series.values[1]).toBeCloseTo(50 + wave(30)[1], 4);
  expect(remarks.map(({ text }) => text)).toEqual(['“v” has decimal commas: "50,000" is read as 50.000']);
});

test("errors name nothing that the page does not offer", () => {
  for (const text of ["a,b\nx,y\nz,w\n", one("1").replaceAll(/,[\d.]+$/gm, ',"1,234"'), csv([1, 2])])
    expect(refused(text)).not.toMatch(/decimal to|dateColumn|missing to|delimiter|column:/);
  expect(refused(`v\n${"1\n".repeat(30)}"2`)).not.toMatch(/between its cells/);
});

test("large values keep their digits, in links too", () => {
  const values = Array.from({ length: 60 }, (_, i) => 1e9 + (i % 7));
  const { series } = readUserSeries(`v\n${values.join("\n")}`, "large");
  expect([...series.values]).toEqual(values);
  expect(textToValues(valuesToText(series.values))).toEqual(series.values);
});

test("large values are learned as small ones are", async () => {
  const at = (offset: number) => Float64Array.from({ length: 100 }, (_, i) => offset + (i % 7));
  const look = async (offset: number) => {
    const session = await openSession({
      ...stateOf("own", {}, 60),
      series: { name: "steps", values: at(offset) },
    });
    return session.look({ prediction: { start: 80 } });
  };
  const [small, large] = [await look(0), await look(1e9)];
  expect(large.progress.trainLoss).toBeCloseTo(small.progress.trainLoss, 4);
  expect(large.prediction!.teacherForced[90] - 1e9).toBeCloseTo(small.prediction!.teacherForced[90], 3);
});

test("of several columns the last that is no steady count is taken", () => {
  const rows = (line: (i: number) => string): string => Array.from({ length: 30 }, (_, i) => line(i)).join("\n");
  const cases = [
    `year,pop\n${rows((i) => `${1990 + 2 * i},${i * i}`)}`,
    `year,pop\n${rows((i) => `${1990 + i + (i > 9 ? 3 : 0)},${i * i}`)}`,
    `t,pop\n${rows((i) => `${i / 10},${i * i}`)}`,
    `pop,t\n${rows((i) => `${i * i},${i / 10}`)}`,
  ];
  for (const text of cases) expect(readUserSeries(text, "columns").column).toBe("pop");
});

test("comments above the names are left out, and rows counted with them", () => {
  const text = `# made by x, in 2024\nday,v\n${wave(30)
    .map((v, i) => `a,${i === 4 ? "oops" : v}`)
    .join("\n")}`;
  const { column, remarks } = readUserSeries(text, "comment");
  expect([column, ...remarks.map(({ row }) => row)]).toEqual(["v", 7]);
  expect(readUserSeries(`# made by x\nv\n${wave(30).join("\n")}`, "comment").column).toBe("v");
  expect(
    readUserSeries(
      `#t,v\n${wave(30)
        .map((v, i) => `${i},${v}`)
        .join("\n")}`,
      "names",
    ).column,
  ).toBe("v");
  expect(refused(`# x\n${csv([...wave(30), "1,2"])}`)).toMatch(/row 33 has 3 cells/);
});

test.each([1e38, 1e200])(
  "a series of ±%s is learned or refused in words, and its loss is no trace of zeros",
  async (size) => {
    const text = `v\n${Array.from({ length: 40 }, (_, i) => (i % 2 ? size : -size)).join("\n")}`;
    if (size > 1e100) {
      expect(refused(text)).toMatch(/too large/);
      return;
    }
    const state = { ...stateOf("own", { windowLength: 4 }, 400), series: readUserSeries(text, "huge").series };
    const { progress } = await (await openSession(state)).look({});
    expect(progress.trainLoss === 0 || progress.trainLoss > 1e-45).toBe(true);
  },
);
