import { readOptions } from "./options.js";
import type { Task, TaskOption } from "./task.js";
import { forecastDefaults } from "./waves.js";

const days = {
  key: "days",
  label: "Last days",
  min: 200,
  max: 5479,
  step: 1,
  value: 1096,
} as const satisfies TaskOption;
const birthsTestDays = 140;

export const births: Task = {
  id: "births",
  title: "Births in the United States",
  group: "Series",
  summary:
    "How many children were born on each day, up to the end of 2014. Fewer are born at weekends and on holidays. The network reads four weeks and says the next day; its test is the last twenty weeks.",
  defaults: { ...forecastDefaults, windowLength: 28 },
  options: [days],
  unused: [],
  goal: { of: "test", loss: 0.25, updates: 800 },
  async open(settings) {
    const options = readOptions([days], settings);
    const [{ usBirths }, { forecast }] = await Promise.all([
      import("@unrolled/datasets/births"),
      import("./forecast.js"),
    ]);
    const all = usBirths();
    const values = all.values.slice(-options.days);
    return forecast(settings, {
      values,
      labels: all.dates.slice(-options.days),
      unit: "births a day",
      testFrom: values.length - birthsTestDays,
      source: {
        imports: ['import { usBirths } from "@unrolled/datasets/births";'],
        code: `const raw = usBirths().values.slice(-${options.days});`,
      },
    });
  },
};

const co2TestMonths = 60;

export const co2: Task = {
  id: "co2",
  title: "CO2 over Mauna Loa",
  group: "Series",
  summary:
    "Carbon dioxide in the air over Hawaii, month by month from 1958 to 2001: up in spring, down in autumn, and higher every year. The last five years lie above everything that the network has seen.",
  defaults: { ...forecastDefaults, windowLength: 24, schedule: "cosine" },
  options: [],
  unused: [],
  goal: { of: "test", loss: 0.03, updates: 1200 },
  async open(settings) {
    const [{ maunaLoaCo2 }, { forecast }] = await Promise.all([
      import("@unrolled/datasets/co2"),
      import("./forecast.js"),
    ]);
    const { months, values } = maunaLoaCo2();
    return forecast(settings, {
      values,
      labels: months,
      unit: "ppm",
      testFrom: values.length - co2TestMonths,
      source: {
        imports: ['import { maunaLoaCo2 } from "@unrolled/datasets/co2";'],
        code: "const raw = maunaLoaCo2().values;",
      },
    });
  },
};
