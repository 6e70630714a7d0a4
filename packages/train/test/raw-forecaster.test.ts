import { ArgumentError, type HostTensor } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import { Generator, setDefaultBackend, type Tensor, tensor } from "@unrolled/core";
import { StandardScaler } from "@unrolled/datasets";
import { init } from "@unrolled/nn";
import {
  type FeaturePlan,
  type FirstGuess,
  type ForecastConfig,
  Forecaster,
  loadForecaster,
  RawForecaster,
  type RawInputArrays,
  type SeriesInput,
} from "@unrolled/train";
import { saveStateDict } from "@unrolled/weights";
import { describe, expect, it } from "vitest";

// Plain kernels, which add up in float64: random heads give corrections of 70 scales, where a float32 is 8e-6 from the next.
setDefaultBackend(cpu({ simd: "off" }));

const day = (i: number): string => new Date(Date.UTC(2015, 11, 20 + i)).toISOString().slice(0, 10);

/** A season, a trend, noise. */
function series(length: number, { dated = true, offset = 0, workdays = false, months = 0 } = {}): SeriesInput {
  const generator = new Generator(3);
  const values = Float64Array.from(
    { length },
    (_, i) => offset + 0.1 * i + 5 * Math.sin((2 * Math.PI * i) / 7) + generator.normal(),
  );
  const days: string[] = [];
  for (let i = 0; days.length < length; i++) {
    const date = months > 0 ? new Date(Date.UTC(1999, months * (i + 1), 0)).toISOString().slice(0, 10) : day(i);
    if (!workdays || ![0, 6].includes(new Date(date).getUTCDay())) days.push(date);
  }
  return { name: "s", values, ...(dated && { dates: days }) };
}

const basic: Omit<FeaturePlan, "windowSize" | "stepSize"> = {
  window: 16,
  horizon: 9,
  season: 7,
  longSeason: null,
  weekday: false,
  yearly: false,
  earlierYears: false,
  firstGuess: "naive",
};

function trainedWith(choice: Partial<typeof basic>): { model: Forecaster; config: ForecastConfig } {
  const plan = { ...basic, ...choice };
  const place = plan.weekday ? 7 : plan.season < 2 ? 0 : plan.season <= 14 ? plan.season : 4;
  const places = place + (plan.yearly ? 8 : 0);
  const long = plan.longSeason === null ? 0 : 1;
  const windowSize = 2 + long + places;
  const stepSize = 3 + 3 * long + places + (plan.earlierYears ? 4 : 0);
  const { horizon } = plan;
  const sizes = { cell: "gru", windowSize, stepSize, horizon, hiddenSize: 6, numLayers: 2, dropout: 0.3 } as const;
  const generator = new Generator(11);
  const model = new Forecaster(sizes, { generator });
  for (const { weight } of [model.head, model.direct]) init.normal_(weight, 0, 1, { generator });
  const scaler = new StandardScaler().fit(Float64Array.from([1, 4, 9, 2])).toJSON();
  const options = {} as ForecastConfig["options"];
  const features = { ...plan, windowSize, stepSize };
  return {
    model,
    config: { format: "unrolled-forecaster", version: 1, series: "s", sizes, features, scaler, options },
  };
}

function forecastFrom(raw: RawForecaster, { history, start, days }: RawInputArrays): Tensor {
  const given = (array: HostTensor): Tensor => tensor(array.data, { shape: array.shape });
  return raw.forward(given(history), given(start), days && given(days));
}

/** The largest difference between the raw forecaster and the predictor, in units of the scale. */
async function differenceTo(choice: Partial<typeof basic>, input: SeriesInput, origins: number[]): Promise<number> {
  const trained = trainedWith(choice);
  const raw = new RawForecaster(trained);
  const batched = forecastFrom(raw, raw.inputsOf(input, origins));
  expect(batched).toMatchObject({ shape: [origins.length, raw.horizon], dtype: "float64" });
  const all = await batched.data();
  const loaded = loadForecaster(trained.config, await saveStateDict(trained.model));
  let largest = 0;
  for (const [b, origin] of origins.entries()) {
    const dates = input.dates?.slice(0, origin);
    const known = { name: "s", values: Array.from(input.values).slice(0, origin), ...(dates && { dates }) };
    const { values } = await loaded.predict(known);
    expect(values.some((value) => Math.abs(value) > 0)).toBe(true);
    for (const [k, value] of values.entries())
      largest = Math.max(largest, Math.abs(value - all[b * raw.horizon + k]) / raw.scale);
  }
  return largest;
}

const guesses: FirstGuess[] = ["naive", "drift", "mean", "long", "longShifted"];
const births = { season: 7, longSeason: 364, weekday: true, yearly: true, earlierYears: true, window: 28 } as const;

describe("RawForecaster gives from raw values what the predictor gives", () => {
  it.each(guesses)("first guess %s, with all features", async (firstGuess) => {
    expect(await differenceTo({ ...births, firstGuess }, series(2600), [2400, 2599, 2600])).toBeLessThan(2e-6);
  });

  it.each(guesses)("first guess %s, without dates and with a horizon longer than both seasons", async (firstGuess) => {
    const choice = { firstGuess, longSeason: 21, horizon: 50 };
    expect(await differenceTo(choice, series(300, { dated: false }), [120, 200, 201, 300])).toBeLessThan(2e-6);
  });

  it.each([
    ["no season", { season: 1 }, {}, [100, 101]],
    ["waves for a season of 24", { season: 24, window: 30, horizon: 50 }, { dated: false }, [201, 202, 299]],
    ["a window shorter than the season", { season: 12, window: 5 }, { dated: false }, [200, 201]],
    ["a season of 2", { season: 2 }, {}, [100, 101]],
    ["working days", { season: 5, weekday: true }, { workdays: true }, [100, 101, 102]],
    ["month ends, yearly", { season: 12, yearly: true, longSeason: 24 }, { months: 1 }, [120, 121]],
  ] as const)("%s", async (_, choice, kind, origins) => {
    expect(await differenceTo(choice, series(300, kind), [...origins])).toBeLessThan(2e-6);
  });

  it("on every day of eight years, leap days too", async () => {
    const input = series(3200);
    const origins = Array.from({ length: 60 }, (_, i) => 420 + 46 * i + (i % 7));
    expect(await differenceTo({ ...births, horizon: 46 }, input, origins)).toBeLessThan(2e-6);
  });

  it("with working days and a long season of 364, whose rows are no days apart", async () => {
    expect(await differenceTo(births, series(1800, { workdays: true }), [1000, 1500, 1800])).toBeLessThan(2e-6);
  });

  it("before 1970 and after 2038", async () => {
    for (const year of [1896, 1950, 2095]) {
      const dates = Array.from({ length: 1300 }, (_, i) =>
        new Date(Date.UTC(year, 0, 1 + i)).toISOString().slice(0, 10),
      );
      const input = { ...series(1300), dates };
      expect(await differenceTo({ ...births, horizon: 40 }, input, [1150, 1300])).toBeLessThan(2e-6);
    }
  });

  it("with a large offset, which costs no digits", async () => {
    expect(await differenceTo(births, series(1500, { offset: 1e9 }), [1400, 1500])).toBeLessThan(2e-6);
  });

  it.each(guesses)("from fewer values than it reaches back to, %s", async (firstGuess) => {
    const choice = { firstGuess, longSeason: 20, horizon: 50, window: 15 };
    const raw = new RawForecaster(trainedWith(choice));
    expect(raw.needed).toBe(35);
    expect(raw.historyLength).toBe(74);
    const few = series(80, { dated: false });
    expect(await differenceTo(choice, few, [35, 36, 40, 55, 73, 74, 75])).toBeLessThan(2e-6);
    expect(await differenceTo({ ...births, firstGuess }, series(800), [392, 400, 799])).toBeLessThan(2e-6);
  });
});

describe("RawForecaster", () => {
  it("ignores what stands before the first value of a series", async () => {
    const raw = new RawForecaster(trainedWith({ firstGuess: "mean", horizon: 9 }));
    const arrays = raw.inputsOf(series(26, { dated: false }));
    expect(arrays.start.data).toEqual(Int32Array.of(-2));
    const other = Float64Array.from(arrays.history.data);
    other.fill(1e6, 0, 2);
    const changed = { ...arrays, history: { ...arrays.history, data: other } };
    const same = await forecastFrom(raw, arrays).data();
    expect(await forecastFrom(raw, changed).data()).toEqual(same);
    other[2] += 1;
    expect(await forecastFrom(raw, changed).data()).not.toEqual(same);
  });

  it("says NaN from too few values", async () => {
    const raw = new RawForecaster(trainedWith({}));
    const arrays = raw.inputsOf(series(23, { dated: false }));
    const forecastAfter = (count: number): Promise<ArrayLike<number>> => {
      const start = { ...arrays.start, data: Int32Array.of(count - raw.historyLength) };
      return forecastFrom(raw, { ...arrays, start }).data();
    };
    expect(Array.from(await forecastAfter(23)).every(Number.isFinite)).toBe(true);
    expect(Array.from(await forecastAfter(22)).every(Number.isNaN)).toBe(true);
    expect(() => raw.inputsOf(series(30), [22])).toThrow(/origin 22 of 30 values; use whole numbers from 23/);
  });

  it("names what it takes", () => {
    const dated = new RawForecaster(trainedWith(births));
    expect(dated.inputSpecs).toEqual({
      history: { shape: ["batch", 2213], dtype: "float64" },
      start: { shape: ["batch"], dtype: "int32" },
      days: { shape: ["batch", 2222], dtype: "float64" },
    });
    expect(Object.keys(new RawForecaster(trainedWith({})).inputSpecs)).toEqual(["history", "start"]);
  });

  it("refuses a series without the dates that it reads", () => {
    const raw = new RawForecaster(trainedWith({ weekday: true }));
    expect(() => raw.inputsOf(series(100, { dated: false }))).toThrow(ArgumentError);
    const arrays = raw.inputsOf(series(100));
    const { days: _, ...rest } = arrays;
    expect(() => forecastFrom(raw, rest)).toThrow(/no days/);
    expect(() => forecastFrom(new RawForecaster(trainedWith({})), arrays)).toThrow(/reads none/);
  });
});
