import fc from "fast-check";
import { expect, test } from "vitest";
import { cellKinds } from "../src/cells/index.js";
import { engineKinds } from "../src/engines/index.js";
import { bounds, numericSettings } from "../src/session/bounds.js";
import { optimizers, schedules } from "../src/session/optimizers.js";
import { seriesId, textToValues, valuesToText } from "../src/session/series-text.js";
import type { Change, DemoState, UserSeries } from "../src/session/settings.js";
import { fitsIntoLink, readAddress, stateToHash } from "../src/session/url.js";
import { defaultSettings, tasks } from "../src/tasks/index.js";
import { fewestValues, mostValues } from "../src/tasks/own.js";
import { stateOf } from "./support/session.js";

const nothingKept = (): null => null;
const read = (hash: string): ReturnType<typeof readAddress> => readAddress(hash, nothingKept);
const ids = (kinds: readonly { readonly id: string }[]): fc.Arbitrary<string> =>
  fc.constantFrom(...kinds.map(({ id }) => id));

const number = (min: number, max: number, whole: boolean): fc.Arbitrary<number> =>
  whole ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true }).map((value) => value + 0); // no -0

const settingValues = Object.fromEntries(
  numericSettings.map((key) => [key, number(bounds[key].min, bounds[key].max, bounds[key].whole)]),
);
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

const change = (update: number): fc.Arbitrary<Change> =>
  fc.oneof(
    fc.record({
      kind: fc.constant("weight" as const),
      update: fc.constant(update),
      name: fc.constantFrom("recurrent.weight_ih_l0", "head.bias"),
      index: fc.nat(5000),
      value: float32,
    }),
    fc.record({
      kind: fc.constant("setting" as const),
      update: fc.constant(update),
      key: fc.constant("optimizer" as const),
      value: ids(optimizers),
    }),
    fc.record({
      kind: fc.constant("setting" as const),
      update: fc.constant(update),
      key: fc.constantFrom("lr" as const, "clipGradNorm" as const),
      value: number(bounds.lr.min, bounds.lr.max, false),
    }),
  );

const series = (maxLength: number): fc.Arbitrary<UserSeries> =>
  fc.record({
    name: fc.string({ unit: "grapheme" }),
    values: fc.array(float32, { minLength: fewestValues, maxLength }).map((values) => Float32Array.from(values)),
  });

const anyState: fc.Arbitrary<DemoState> = fc.constantFrom(...tasks).chain((task) =>
  fc
    .record({
      numbers: fc.record(settingValues),
      words: fc.record({
        cell: ids(cellKinds),
        engine: ids(engineKinds),
        optimizer: ids(optimizers),
        schedule: ids(schedules),
      }),
      variedLengths: fc.boolean(),
      taskOptions: fc.record(
        Object.fromEntries(
          task.options.map(({ key, min, max, step }) => [
            key,
            number(min, max, Number.isInteger(step) && Number.isInteger(min)),
          ]),
        ),
      ),
      updates: fc.array(fc.nat(100_000), { maxLength: 5 }).map((all) => all.sort((a, b) => a - b)),
      series: task.takesSeries ? fc.option(series(200)) : fc.constant(null),
    })
    .chain(({ numbers, words, variedLengths, taskOptions, updates, series: own }) =>
      fc.tuple(...updates.map(change)).map(
        (changes) =>
          ({
            settings: { ...defaultSettings(task.id), ...numbers, ...words, variedLengths, taskOptions },
            changes,
            update: updates.at(-1) ?? 0,
            series: own,
          }) as DemoState,
      ),
    ),
);

test("any state comes back from its address as it was", () => {
  fc.assert(
    fc.property(anyState, fc.constantFrom(null, "memory"), (state, view) => {
      const address = read(`#${stateToHash(state, view)}`);
      expect(address.problems).toEqual([]);
      expect(address.state).toEqual(state);
      expect(address.view).toBe(view);
    }),
  );
});

test("whatever stands in an address, a state comes out that makes an address without problems", () => {
  const names = ["task", "cell", "lr", "update", "change", "values", "series", "kept", "task.period", "view", "seed"];
  const values = fc.oneof(
    fc.string(),
    fc.constantFrom("", "NaN", "-1", "1e99", "own", "sine", "5*lr*x", "5*head.bias*0*1", "AAAA"),
  );
  const pairs = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), values));
  const hash = fc.oneof(
    fc.string(),
    pairs.map((all) => new URLSearchParams(all).toString()),
  );
  fc.assert(
    fc.property(hash, (text) => {
      const { state } = read(text);
      const again = read(stateToHash(state));
      expect(again.problems).toEqual([]);
      expect(again.state).toEqual(state);
    }),
    { numRuns: 500 },
  );
});

test("each wrong field is as the task has it, and is told", () => {
  const { state, problems } = read(
    "#task=sine&hiddenSize=0&lr=&seed=1.5&cell=brain&optimizer=adam&update=-3&task.period=1e9&variedLengths=maybe&foo=1",
  );
  expect(state).toEqual(stateOf("sine"));
  expect(problems.map(({ field }) => field).sort()).toEqual(
    ["cell", "foo", "hiddenSize", "lr", "seed", "task.period", "update", "variedLengths"].sort(),
  );
  expect(problems.find(({ field }) => field === "hiddenSize")?.words).toContain("from 1 to 256");
  expect(read("#task=nothing").state).toEqual(stateOf(tasks[0].id));
  expect(read("#task=nothing").problems).toHaveLength(1);
  expect(read("").problems).toEqual([]);
});

test("changes that do not follow each other are left out, and told", () => {
  const { state, problems } = read(
    "#task=sine&update=100&change=50*lr*0.5&change=20*lr*0.1&change=200*lr*0.1&change=60*lr*-1&change=60*head.bias*0*2",
  );
  expect(state.changes).toEqual([
    { kind: "setting", update: 50, key: "lr", value: 0.5 },
    { kind: "weight", update: 60, name: "head.bias", index: 0, value: 2 },
  ]);
  expect(problems).toHaveLength(3);
});

test("a long series is named in the link, and comes from where it is kept", () => {
  const values = Float32Array.from({ length: mostValues }, (_, i) => Math.sin(i));
  const long: UserSeries = { name: "long.csv", values };
  expect(fitsIntoLink(long)).toBe(false);
  const state = { ...stateOf("own"), series: long };
  const hash = stateToHash(state);
  expect(hash.length).toBeLessThan(200);
  expect(readAddress(hash, (id) => (id === seriesId(long) ? long : null)).state).toEqual(state);
  const elsewhere = read(hash);
  expect(elsewhere.state.series).toBeNull();
  expect(elsewhere.problems[0].words).toContain("long.csv");
});

test("values that a link cannot hold whole are refused", () => {
  const text = valuesToText(Float32Array.of(1, 2, 3));
  expect(textToValues(text)).toEqual(Float32Array.of(1, 2, 3));
  for (const bad of [text.slice(1), text.slice(3), "a", "a+b/", "ä"]) expect(textToValues(bad)).toBeNull();
  const short = read(`#task=own&series=x&values=${text}`);
  expect(short.state.series).toBeNull();
  expect(short.problems).toHaveLength(1);
});

test("what is given twice, and a view that is none, are told", () => {
  const { state, view, problems } = readAddress("#task=sine&seed=2&seed=3&view=zzz", nothingKept, ["memory", "out"]);
  expect([state, view]).toEqual([stateOf("sine", { seed: 2 }), null]);
  expect(problems.map(({ field, given, words }) => `${field}=${given}: ${words}`)).toEqual([
    "view=zzz: This page has no such view; they are memory, out.",
    "seed=3: This is given more than once; the first is taken.",
  ]);
});
