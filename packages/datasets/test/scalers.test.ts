import { ArgumentError, FormatError, ShapeError } from "@unrolled/backend";
import { MinMaxScaler, type Scaler, StandardScaler, scalerFromJSON } from "@unrolled/datasets";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const makers: [string, () => Scaler][] = [
  ["StandardScaler", () => new StandardScaler()],
  ["MinMaxScaler", () => new MinMaxScaler({ range: [-1, 1] })],
];
const table = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc.array(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: columns, maxLength: columns }), {
    minLength: 1,
    maxLength: 20,
  }),
);

describe.each(makers)("%s", (_, make) => {
  it("comes back with inverseTransform", () => {
    fc.assert(
      fc.property(table, (rows) => {
        const scaler = make().fit(rows);
        const back = scaler.inverseTransform(scaler.transform(rows));
        rows.forEach((row, t) => {
          row.forEach((value, j) => {
            expect(Math.abs(back[t][j] - value)).toBeLessThanOrEqual(
              1e-9 * Math.max(1, ...rows.map((r) => Math.abs(r[j]))),
            );
          });
        });
      }),
    );
  });

  it("comes back from JSON, digit for digit", () => {
    fc.assert(
      fc.property(table, (rows) => {
        const scaler = make().fit(rows);
        const copy = scalerFromJSON(JSON.parse(JSON.stringify(scaler)));
        expect(copy.transform(rows)).toEqual(scaler.transform(rows));
        expect(copy.constructor).toBe(scaler.constructor);
      }),
    );
  });

  it("is affine, column by column", () => {
    const everyday = table.map((rows) => rows.map((row) => row.map((value) => Math.round(value * 1e6) / 1e6)));
    fc.assert(
      fc.property(everyday, (rows) => {
        const scaler = make().fit(rows);
        const { scale, offset } = scaler.affine();
        expect([scale.length, offset.length]).toEqual([rows[0].length, rows[0].length]);
        scaler.transform(rows).forEach((row, t) => {
          row.forEach((value, j) => {
            const parts = Math.abs(rows[t][j] * scale[j]) + Math.abs(offset[j]);
            expect(Math.abs(rows[t][j] * scale[j] + offset[j] - value)).toBeLessThanOrEqual(1e-12 * (1 + parts));
          });
        });
      }),
    );
    expect(() => make().affine()).toThrow(ArgumentError);
    if (make() instanceof MinMaxScaler)
      expect(() => make().fit([0, 5e-324]).affine()).toThrow(/column 0 are so close together/);
  });

  it("keeps what it was given: flat, rows, or a shape", () => {
    const one = make().fit([1, 2, 3]);
    const flat = one.transform(Float32Array.of(1, 2, 3));
    expect(flat).toBeInstanceOf(Float64Array);
    expect(one.transform({ data: Float32Array.of(1, 2, 3), shape: [1, 3] })).toEqual({ data: flat, shape: [1, 3] });
    expect(one.transform([[1], [2], [3]])).toEqual([...flat].map((value) => Float64Array.of(value)));
    const two = make().fit([
      [1, 10],
      [3, 30],
    ]);
    expect(two.transform({ data: Float64Array.of(1, 10, 3, 30), shape: [2, 1, 2] }).data).toEqual(
      Float64Array.from(
        two
          .transform([
            [1, 10],
            [3, 30],
          ])
          .flatMap((row) => [...row]),
      ),
    );
    expect(two.column(1).transform([10, 30])).toEqual(
      Float64Array.from(
        two.transform([
          [1, 10],
          [3, 30],
        ]),
        (row) => row[1],
      ),
    );
  });

  it("does not divide by zero on a constant column", () => {
    for (const constant of [0, 0.1, -7e300, 5e-324]) {
      const scaler = make().fit([constant, constant, constant]);
      const scaled = scaler.transform([constant]);
      expect(scaled.every(Number.isFinite)).toBe(true);
      expect([...scaler.inverseTransform(scaled)]).toEqual([constant]);
    }
  });

  it("refuses to work unfitted, on other columns, or on numbers that are none", () => {
    expect(() => make().transform([1])).toThrow(/has not been fitted; call fit/);
    expect(() => make().fit([])).toThrow(/the series is empty/);
    expect(() => make().fit([1, Number.NaN])).toThrow(/row 1, column 0 is NaN/);
    expect(() => make().fit([1, Number.POSITIVE_INFINITY])).toThrow(ArgumentError);
    expect(() => make().fit([-1.7e308, 1.7e308])).toThrow(/too large for float64/);
    const two = make().fit([[1, 2]]);
    expect(() => two.transform([1, 2])).toThrow(ShapeError);
    expect(() => two.inverseTransform([[1, 2, 3]])).toThrow(/has 3 columns, the scaler was fitted on 2/);
    expect(() => two.column(2)).toThrow(/no column 2; give a whole number from 0 to 1/);
  });
});

describe("the numbers", () => {
  it("StandardScaler uses the population's deviation", () => {
    const scaler = new StandardScaler().fit([1, 2, 3, 4]);
    expect(scaler.mean[0]).toBe(2.5);
    expect(scaler.scale[0]).toBeCloseTo(Math.sqrt(1.25), 15);
    expect(new StandardScaler().fit([7, 7]).toJSON()).toEqual({ kind: "StandardScaler", mean: [7], scale: [1] });
  });

  it("StandardScaler keeps precision far from zero", () => {
    expect(new StandardScaler().fit([1e9, 1e9 + 2]).scale[0]).toBe(1);
  });

  it("MinMaxScaler maps to its range and clips nothing", () => {
    const scaler = new MinMaxScaler({ range: [-1, 1] }).fit([10, 20]);
    expect([...scaler.transform([10, 15, 20, 30])]).toEqual([-1, 0, 1, 3]);
    expect([...new MinMaxScaler().fit([5, 5]).transform([5, 6])]).toEqual([0, 1]);
    expect(() => new MinMaxScaler({ range: [1, 1] })).toThrow(/range is \[1, 1\]; give \[low, high\]/);
  });
});

describe("hostile JSON", () => {
  it.each([
    [null, /names no known scaler/],
    ["x", /names no known scaler/],
    [[], /names no known scaler/],
    [{ kind: "__proto__" }, /names no known scaler/],
    [{ kind: "StandardScaler" }, /"mean" is missing/],
    [{ kind: "StandardScaler", mean: [], scale: [] }, /"mean" is an empty list/],
    [{ kind: "StandardScaler", mean: [1], scale: [0] }, /"scale" holds a number not above 0/],
    [{ kind: "StandardScaler", mean: [1], scale: [1, 2] }, /"mean" has 1 numbers, "scale" 2/],
    [{ kind: "StandardScaler", mean: [1, null], scale: [1, 2] }, /"mean"\[1\] is null/],
    [{ kind: "StandardScaler", mean: ["1"], scale: [1] }, /"mean"\[0\] is "1"/],
    [{ kind: "MinMaxScaler", range: [0], min: [1], span: [1] }, /"range" is not \[low, high\]/],
    [{ kind: "MinMaxScaler", range: [1, 0], min: [1], span: [1] }, /"range" is not/],
    [{ kind: "MinMaxScaler", range: [0, 1], min: [1], span: [-1] }, /"span" holds a number not above 0/],
    [{ kind: "MinMaxScaler", range: [0, 1], min: { length: 1e9 }, span: [1] }, /"min" is/],
  ])("%j is refused", (json, message) => {
    expect(() => scalerFromJSON(json)).toThrow(FormatError);
    expect(() => scalerFromJSON(json)).toThrow(message);
  });

  it("a scaler of the other kind is refused by name", () => {
    const json = new MinMaxScaler().fit([1, 2]).toJSON();
    expect(() => StandardScaler.fromJSON(json)).toThrow('"kind" is "MinMaxScaler"; it must be "StandardScaler"');
    expect(() => MinMaxScaler.fromJSON(undefined)).toThrow(FormatError);
  });
});
