import { ArgumentError } from "@unrolled/backend";
import type { UserSeries } from "../session/settings.js";
import type { Task } from "./task.js";
import { forecastDefaults } from "./waves.js";

/** Fewest values that can be learned from: some windows, and a test part. */
export const fewestValues = 20;
/** The square of a larger value, which its deviation takes, may be no number any more. */
const largest = 1e100;
/** More would make the page's views of the whole series slow. */
export const mostValues = 5000;

/** The longest window, up to the usual one, that leaves windows to learn from. */
export const windowFor = (count: number): number =>
  Math.max(2, Math.min(own.defaults.windowLength, Math.floor(count / 5)));

/** Throws what stands in the way of learning these values, in words for the page. */
export function requireUsable({ name, values }: UserSeries): void {
  if (values.length < fewestValues)
    throw new ArgumentError(
      "your series",
      `"${name}" has ${values.length} ${values.length === 1 ? "value" : "values"}`,
      `give ${fewestValues} or more: some to learn from, and some to test with`,
    );
  if (values.length > mostValues)
    throw new ArgumentError("your series", `"${name}" has ${values.length} values`, `give ${mostValues} or less`);
  const bad = values.findIndex((value) => !(Math.abs(value) <= largest));
  if (bad < 0) return;
  const given = `value ${bad + 1} of "${name}" is ${values[bad]}`;
  throw Number.isFinite(values[bad])
    ? new ArgumentError("your series", `${given}, which is too large`, "divide the values by a constant")
    : new ArgumentError("your series", given, "give finite numbers");
}

export const own: Task = {
  id: "own",
  title: "A series of your own",
  group: "Your own",
  summary:
    "Draw a line, paste numbers, or drop a CSV file. The network learns from the first four fifths and is tested on the last.",
  defaults: { ...forecastDefaults, windowLength: 16 },
  options: [],
  unused: [],
  takesSeries: true,
  goal: { of: "test", loss: 0.01, updates: 600 },
  async open(settings, given) {
    const [{ forecast, numbered }, { exampleSeries }] = await Promise.all([
      import("./forecast.js"),
      import("./own-example.js"),
    ]);
    const series = given ?? exampleSeries;
    requireUsable(series);
    const { values } = series;
    return forecast(settings, {
      values,
      labels: numbered(values.length),
      unit: "",
      testFrom: Math.floor(values.length * 0.8),
      source: { imports: [], code: `const raw = [${Array.from(values).join(", ")}];` },
    });
  },
};
