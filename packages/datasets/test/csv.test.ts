import { ArgumentError, FormatError, UnrolledError } from "@unrolled/backend";
import { parseCsv, readSeries } from "@unrolled/datasets";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const lines = (...rows: string[]) => `${rows.join("\n")}\n`;
const daily = (...rows: string[]) => lines("date,sales", ...rows);

describe("parseCsv", () => {
  it("reads quoted cells, a byte-order mark, CRLF, CR and blank ends", () => {
    expect(parseCsv('\ufeffa,"b, c"\r\n1,"say ""hi"""\r\n\r\n\r\n')).toEqual({
      header: ["a", "b, c"],
      rows: [["1", 'say "hi"']],
      delimiter: ",",
    });
    expect(parseCsv("a,b\r1,2\r").rows).toEqual([["1", "2"]]);
    expect(parseCsv("a,b\r\n1,2\n3,4").rows).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect(parseCsv('a,b\n1,"two\nlines"\n').rows).toEqual([["1", "two\nlines"]]);
    expect(parseCsv(' a , b \n 1 , "2" \n').rows).toEqual([["1", "2"]]);
  });

  it.each([
    ["a,b\n1,2\n", ","],
    ["a;b\n1,5;2\n", ";"],
    ["a\tb\n1\t\n", "\t"],
    ["a|b\n1|2,5\n", "|"],
    ["a\n1\n", ","],
    ['a;"b,c,d"\n1;2\n', ";"],
    ["day;sales, in thousands\n1;5\n", ";"],
    ["0;0,5\n1;1,5\n", ";"],
  ])("finds the delimiter of %j", (text, delimiter) => {
    const table = parseCsv(text);
    expect(table.delimiter).toBe(delimiter);
    expect(table.rows[0].length).toBe(table.header.length);
  });

  it("takes bytes: UTF-8, and UTF-16 with a mark", () => {
    expect(parseCsv(new TextEncoder().encode("\ufeffä\n1\n")).header).toEqual(["ä"]);
    const utf16 = Uint8Array.from([0xff, 0xfe, ...[..."a\n1"].flatMap((c) => [c.charCodeAt(0), 0])]);
    expect(parseCsv(utf16).rows).toEqual([["1"]]);
  });

  it("takes other bytes as Latin-1, and says so", () => {
    const table = parseCsv(Uint8Array.of(0xe4, 0x0a, 0xdf, 0x0a));
    expect(table).toEqual({ header: ["ä"], rows: [["ß"]], delimiter: ",", decodedAs: "latin1" });
    expect(readSeries(Uint8Array.of(0xe4, 0x0a, 0x31, 0x0a)).warnings).toEqual([
      { row: 0, message: "the file is not UTF-8 and was read as Latin-1" },
    ]);
  });

  it.each([
    ["", /the file is empty/],
    ["\n\n", /the file is empty/],
    ["\ufeff", /the file is empty/],
    ["a,b\n", /no rows under it/],
    ["\na,b\n1,2\n", /row 1 is blank/],
    ["a,b,a\n1,2,3\n", /row 1: columns 1 and 3 are both named "a"; rename/],
    ["a,b\n1,2\n3\n", /row 3 has 1 cell, the header has 2; add the missing cells/],
    ["a,b\n1,2,3\n", /row 2 has 3 cells, the header has 2; quote cells that hold a comma; decimal commas/],
    ["a,b\n1,2\n\n3,4\n", /row 3 is blank; delete the row/],
    ['a,b\n1,"2\n3,4\n', /row 2: a quoted cell is never closed/],
    ['a,b\n1,2\n3,x"y\n', /row 3: a quotation mark stands in the middle/],
    ['a,b\n1,"2"x\n', /row 2: a quotation mark/],
    ["a\u0000,b\n1,2\n", /it holds zero bytes/],
  ])("refuses %j", (text, message) => {
    expect(() => parseCsv(text)).toThrow(FormatError);
    expect(() => parseCsv(text)).toThrow(message);
  });

  it("refuses bytes that are no text, and unknown delimiters", () => {
    expect(() => parseCsv(Uint8Array.of(0x61, 0xe4, 0x01, 0x0a))).toThrow(/this is not text/);
    expect(() => parseCsv(Uint8Array.of(0xff, 0xfe, 0x00, 0xd8))).toThrow(/this is not UTF-16LE text/);
    expect(() => parseCsv("a:b\n1:2\n", { delimiter: ":" as "," })).toThrow(ArgumentError);
    expect(() => parseCsv(5 as unknown as string)).toThrow(ArgumentError);
  });
});

describe("readSeries", () => {
  it("reads the only numeric column and the dates", () => {
    const series = readSeries(daily("2024-01-01,5", "2024-01-02,-7.5e1", "2024-01-03,.5"));
    expect(series).toEqual({
      column: "sales",
      values: Float64Array.of(5, -75, 0.5),
      dates: ["2024-01-01", "2024-01-02", "2024-01-03"],
      dateColumn: "date",
      header: ["date", "sales"],
      delimiter: ",",
      warnings: [],
    });
  });

  it("reads a column by name, and files without dates", () => {
    expect([...readSeries("a;b\n1;2\n3;4\n", { column: "b" }).values]).toEqual([2, 4]);
    const bare = readSeries("y\n1\n2\n");
    expect([...bare.values]).toEqual([1, 2]);
    expect("dates" in bare).toBe(false);
    expect("dates" in readSeries(daily("2024-01-01,5"), { dateColumn: false })).toBe(false);
  });

  it("ignores columns without a name, as an exported index has", () => {
    expect(readSeries(",y\n0,5\n1,6\n").column).toBe("y");
  });

  it.each([
    ["2014", "2015"],
    ["20141231", "20150101"],
    ["2014/12/31", "2015/1/1"],
    ["2014-12", "2015-01"],
    ["2014-12-31T23:00:00Z", "2014-12-31T23:30:00-01:00"],
    ["2014-12-31 23:00", "2014-12-31 23:00:00.5"],
  ])("takes the dates %s and %s", (a, b) => {
    expect(readSeries(daily(`${a},1`, `${b},2`)).dates).toEqual([a, b]);
    expect(() => readSeries(daily(`${b},1`, `${a},2`))).toThrow(/run from newest \(row 2\) to oldest/);
  });

  it("takes commas between thousands where they can be nothing else", () => {
    const text = daily('2024-01-01,"10,000.00"', '2024-01-02,"-1,234,567"', "2024-01-03,0.5");
    expect([...readSeries(text).values]).toEqual([10_000, -1_234_567, 0.5]);
  });

  it.each([
    [daily("2024-01-01,5", "2024-01-02,x"), /row 3, column "sales": "x" is not a number/],
    [daily("2024-01-01,5", "2024-01-02,NaN"), /column "sales" has no value in row 3 \(written as "NaN"\); fill/],
    [daily("2024-01-01,5", "2024-01-02,-Infinity"), /row 3.*give a finite number/],
    [daily("2024-01-01,5", "2024-01-02,1e999"), /row 3.*too large for a float64/],
    [daily("2024-01-01,5", "2024-01-02,0x10"), /row 3.*"0x10" is not a number/],
    [
      daily('2024-01-01,"1,234.5"', '2024-01-02,"1,234"'),
      /row 3.*remove the thousands separators|write the decimal point/,
    ],
    [daily("2024-01-01,5", "2024-01-02,12%"), /row 3.*remove the unit/],
    [
      lines("date;sales", "2024-01-01;1.5", "2024-01-02;2", "2024-01-03;1,5"),
      /row 4.*"1,5" is not a number; write the decimal point as \./,
    ],
    [
      lines("date;sales", "2024-01-01;1,234", "2024-01-02;5"),
      /holds "1,234", which may mean 1\.234 or 1234; set decimal/,
    ],
    [
      daily("2024-01-01,5", "2024-01-02,", "2024-01-03,6", "2024-01-04,"),
      /column "sales" is empty in rows 3, 5; fill the cells, or set missing/,
    ],
    [lines("y", "1", "", "3"), /column "y" is empty in row 3/],
    [lines("y,z", "1,2"), /columns "y", "z" all hold numbers; choose one, as column: "y"/],
    [
      lines("name,weight", "a,12 kg", "b,13 kg"),
      /no column holds numbers; there are "name", "weight"; row 2, column "weight": "12 kg" is not a number; correct/,
    ],
    [daily("2024-01-01,5").replace("sales", ""), /column 2 has no name; give it one in row 1/],
    [lines("1,2", "3,4"), /row 1 holds data where the column names should be.*as column: "2"/],
    [lines("2024-01-01,5", "2024-01-02,6"), /row 1 holds data/],
    [lines("5", "6"), /row 1 holds data/],
    [
      daily("2024-01-01,5", "2024-01-03,6", "2024-01-02,7"),
      /goes back in time in row 4 \(2024-01-03, then 2024-01-02\); sort the rows oldest first; or pass dateColumn: false/,
    ],
    [daily("2024-01-01,5", "2024-01-02,6", "2024-01-02,7"), /repeats the date before it in row 4 \(2024-01-02\)/],
    [daily("2024-01-01,5", ",6"), /row 3, column "date": the date is missing/],
    [
      daily("2024-01-01,5", "02.01.2024,6"),
      /row 3, column "date": "02\.01\.2024" is not a date; write dates year first/,
    ],
    [
      daily("01/02/2023,5", "02/02/2023,6"),
      /the dates of column "date" may be day first or month first, as "01\/02\/2023"; set dateOrder to "dmy" or "mdy"/,
    ],
    [
      daily("31/12/2023,5", "01/13/2024,6"),
      /row 3, column "date": "01\/13\/2024" is not a date; write dates as 31\.12/,
    ],
    [daily("2024-02-30,5"), /"2024-02-30" is not a date/],
    [daily("2024.02.29,5"), /"2024\.02\.29" is not a date/],
    [daily("2024-01-01T24:00,5"), /is not a date/],
  ])("refuses %j", (text, message) => {
    expect(() => readSeries(text)).toThrow(FormatError);
    expect(() => readSeries(text)).toThrow(message);
  });

  it("names the columns there are when asked for another", () => {
    expect(() => readSeries(daily("2024-01-01,5"), { column: "sale" })).toThrow(
      'there is no column "sale"; choose one of "date", "sales"',
    );
    expect(() => readSeries(daily("2024-01-01,5"), { dateColumn: "day" })).toThrow(/there is no column "day"/);
    expect(() => readSeries(daily("2024-01-01,5"), { column: "__proto__" })).toThrow(FormatError);
    expect(() => readSeries("y\n\n", { column: "y" })).toThrow(/no rows/);
    expect(() => readSeries("a,b\n1,\n2,\n", { column: "b" })).toThrow(/column "b" is empty in every row/);
  });

  it("shortens and escapes what it shows", () => {
    const cell = `${"9".repeat(5000)}\u001b[31m`;
    try {
      readSeries(lines("y", "1", "2", "3", cell));
      expect.unreachable();
    } catch (error) {
      expect(UnrolledError.is(error)).toBe(true);
      expect((error as Error).message.length).toBeLessThan(200);
      expect((error as Error).message).not.toContain("\u001b");
    }
  });

  it("fills empty cells where asked, and says where", () => {
    const text = daily("2024-01-01,1", "2024-01-02,", "2024-01-03,", "2024-01-04,4");
    const straight = readSeries(text, { missing: "interpolate" });
    expect([...straight.values]).toEqual([1, 2, 3, 4]);
    expect(straight.warnings).toEqual([
      { row: 3, message: "empty cell filled (interpolate) with 2" },
      { row: 4, message: "empty cell filled (interpolate) with 3" },
    ]);
    expect([...readSeries(text, { missing: "previous" }).values]).toEqual([1, 1, 1, 4]);
    expect(() => readSeries(daily("2024-01-01,", "2024-01-02,1"), { missing: "previous" })).toThrow(
      /starts with 1 empty cell/,
    );
    const openEnd = daily("2024-01-01,1", "2024-01-02,");
    expect(() => readSeries(openEnd, { missing: "interpolate" })).toThrow(/ends with an empty cell \(row 3\)/);
    expect([...readSeries(openEnd, { missing: "previous" }).values]).toEqual([1, 1]);
    expect(() => readSeries(text, { missing: "zero" as "error" })).toThrow(ArgumentError);
  });

  it("warns of gaps in the dates", () => {
    const { warnings } = readSeries(daily("2024-02-27,1", "2024-02-28,2", "2024-03-02,3", "2024-03-03,4"));
    expect(warnings).toEqual([{ row: 4, message: "2 rows are missing between 2024-02-28 and 2024-03-02" }]);
    const uneven = readSeries(daily("2024-01-01,1", "2024-01-02,2", "2024-01-09,3", "2024-03-01,4"));
    expect(uneven.warnings).toEqual([
      { row: 0, message: "the dates have no regular step: rows are taken as evenly spaced" },
    ]);
  });

  it("knows months and working days", () => {
    const months = ["2023-11", "2023-12", "2024-01", "2024-02", "2024-04"].map((month, i) => `${month},${i}`);
    expect(readSeries(daily(...months)).warnings).toEqual([
      { row: 6, message: "1 row is missing between 2024-02 and 2024-04" },
    ]);
    const days = Array.from({ length: 28 }, (_, i) => `2024-01-${String(i + 1).padStart(2, "0")}`); // the 1st is a Monday
    const working = days.filter((_, i) => i % 7 < 5);
    expect(readSeries(daily(...working.map((day) => `${day},1`))).warnings).toEqual([]);
    const holiday = working.filter((day) => day !== "2024-01-15");
    expect(readSeries(daily(...holiday.map((day) => `${day},1`))).warnings).toEqual([
      { row: 12, message: "1 row is missing between 2024-01-12 and 2024-01-16" },
    ]);
  });

  it.each([
    [["31.12.2014", "01.01.2015"], ["2014-12-31", "2015-01-01"], []],
    [["30/12/2014", "31/12/2014"], ["2014-12-30", "2014-12-31"], []],
    [["30-12-2014 18:00", "31-12-2014 06:30"], ["2014-12-30T18:00", "2014-12-31T06:30"], []],
    [
      ["12/30/2014", "12/31/2014"],
      ["2014-12-30", "2014-12-31"],
      ['the dates of column "date" were read as month/day/year'],
    ],
  ])("gives the dates %j year first", (written, dates, messages) => {
    const series = readSeries(daily(`${written[0]},1`, `${written[1]},2`));
    expect(series.dates).toEqual(dates);
    expect(series.warnings.map(({ message }) => message)).toEqual(messages);
  });

  it("reads unclear dates in the order it is told", () => {
    const text = daily("01/02/2014,1", "02/03/2014,2");
    expect(readSeries(text, { dateOrder: "dmy" }).dates).toEqual(["2014-02-01", "2014-03-02"]);
    expect(readSeries(text, { dateOrder: "mdy" }).dates).toEqual(["2014-01-02", "2014-02-03"]);
    expect(() => readSeries(text, { dateOrder: "dym" as "dmy" })).toThrow(/use "auto", "ymd", "dmy" or "mdy"/);
  });

  it("reads decimal commas where they can be nothing else, with a note", () => {
    const german = readSeries("Datum;Wert\n01.01.2014;200,14\n02.01.2014;1.234,5\n03.01.2014;7\n04.01.2014;1.000\n");
    expect([...german.values]).toEqual([200.14, 1234.5, 7, 1000]);
    expect(german.warnings).toEqual([{ row: 0, message: 'column "Wert" has decimal commas, as in "200,14"' }]);
    const told = readSeries('y,z\n"1,234",a\n', { column: "y", decimal: "comma" });
    expect([[...told.values], told.warnings]).toEqual([[1.234], []]);
    expect(() => readSeries("y;z\n1,5;a\n", { column: "y", decimal: "point" })).toThrow(/"1,5" is not a number/);
  });

  it("takes words for a missing value as empty cells", () => {
    const text = daily("2024-01-01,1", "2024-01-02,NA", "2024-01-03,null", "2024-01-04,4");
    expect([...readSeries(text, { missing: "interpolate" }).values]).toEqual([1, 2, 3, 4]);
  });

  it("takes a column of years as dates", () => {
    expect(readSeries("year,sales\n2001,5\n2002,6\n").dates).toEqual(["2001", "2002"]);
    expect(() => readSeries("year,sales\n2001,5\n2001,6\n")).toThrow(/"year", "sales" all hold numbers/);
  });

  it.each([
    ["days", ["2024-02-27", "2024-02-28", "2024-03-01", "2024-03-02"], ["2024-02-29"]],
    ["hours", ["2024-01-01 22:00", "2024-01-01 23:00", "2024-01-02 01:00", "2024-01-02 02:00"], ["2024-01-02"]],
    ["weeks", ["2024-01-01", "2024-01-08", "2024-01-22", "2024-01-29"], ["2024-01-15"]],
    ["months", ["2023-11", "2023-12", "2024-01", "2024-03", "2024-04"], ["2024-02-01"]],
    ["ends of months", ["2023-12-31", "2024-01-31", "2024-03-31", "2024-04-30"], ["2024-02-29"]],
    ["quarters", ["2023-03-31", "2023-06-30", "2023-12-31", "2024-03-31"], ["2023-09-30"]],
  ])("fills missing rows of %s where asked", (_, dates, added) => {
    const text = daily(...dates.map((date) => `${date},5`));
    const filled = readSeries(text, { missing: "previous" });
    expect(filled.dates?.filter((date) => !dates.includes(date))).toEqual(added);
    expect([...filled.values]).toEqual(Array(dates.length + 1).fill(5));
    expect(filled.warnings).toHaveLength(1);
    expect(filled.warnings[0].message).toContain(`1 missing row (${added[0]}) filled (previous) between`);
    expect(readSeries(text).dates).toEqual(dates);
  });

  it("fills working days and several gaps, together with empty cells", () => {
    const days = Array.from({ length: 28 }, (_, i) => `2024-01-${String(i + 1).padStart(2, "0")}`);
    const working = days.filter((_, i) => i % 7 < 5);
    const without = working.filter((day) => !["2024-01-05", "2024-01-16", "2024-01-17"].includes(day));
    const text = daily(...without.map((day) => `${day},${day === "2024-01-15" ? "" : Number(day.slice(-2))}`));
    const { dates, values, warnings } = readSeries(text, { missing: "interpolate" });
    expect(dates).toEqual(working);
    expect([...values].slice(9, 14)).toEqual([12, 13.5, 15, 16.5, 18].map((v) => expect.closeTo(v, 10)));
    expect(warnings.map(({ row, message }) => `${row} ${message}`)).toEqual([
      "0 3 missing rows in 2 places were filled",
      "6 1 missing row (2024-01-05) filled (interpolate) between 2024-01-04 and 2024-01-08",
      "11 empty cell filled (interpolate) with 13.5",
      "12 2 missing rows filled (interpolate) between 2024-01-15 and 2024-01-18",
    ]);
  });

  it("does not fill more than there is", () => {
    const text = daily("2024-01-01,1", "2024-01-02,2", "2024-01-03,3", "2924-01-01,4");
    expect(() => readSeries(text, { missing: "previous" })).toThrow(
      /row 5: 328715 rows are missing.*correct the dates/,
    );
  });

  it("finds ends and days of months regular", () => {
    for (const dates of [
      ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"],
      ["2023-01-30", "2023-02-28", "2023-03-30", "2023-04-30"],
      ["2024-01-15", "2024-02-15", "2024-03-15"],
      ["2023-12-31", "2024-12-31", "2025-12-31"],
    ])
      expect(readSeries(daily(...dates.map((date) => `${date},1`))).warnings).toEqual([]);
  });

  it("gives back any finite number that was written", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (numbers) => {
        expect([...readSeries(lines("y", ...numbers.map(String))).values]).toEqual(
          numbers.map((n) => (n === 0 ? 0 : n)),
        );
      }),
    );
  });

  it("answers any text with a series or an error of the library", () => {
    const cell = fc.oneof(
      fc.string(),
      fc.constantFrom('"', ",", ";", "\t", "\n", "\r\n", "1", "date", "2024-01-01", "\ufeff", "\u0000"),
    );
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 30 }), (cells) => {
        try {
          readSeries(cells.join(""));
        } catch (error) {
          if (!UnrolledError.is(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("answers any bytes likewise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readSeries(bytes);
        } catch (error) {
          if (!UnrolledError.is(error)) throw error;
        }
      }),
    );
  });
});
