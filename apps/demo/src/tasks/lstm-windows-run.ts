// Loaded with the task.
import { windowSine } from "@unrolled/datasets";
import type { Settings } from "../session/settings.js";
import { forecast, numbered } from "./forecast.js";
import type { TaskRun } from "./task.js";

const testPart = 759;

export function windowsRun(settings: Settings): TaskRun {
  const { series } = windowSine();
  return forecast(
    settings,
    {
      values: series,
      labels: numbered(series.length),
      unit: "",
      testFrom: testPart,
      source: { imports: ['import { windowSine } from "unrolled";'], code: "const raw = windowSine().series;" },
    },
    { standardise: false, shuffle: false, historyBeforeTest: false },
  );
}
