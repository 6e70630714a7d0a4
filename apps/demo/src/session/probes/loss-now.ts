import { cpu } from "@unrolled/backend-cpu";
import { noGrad, scope, tensor } from "@unrolled/core";
import type { TaskRun } from "../../tasks/task.js";
import type { LossNow } from "../look.js";
import type { DemoModel } from "../model.js";
import { lossOf, objective, toTensors } from "../objective.js";
import { networkValues } from "./prediction.js";

/** The loss of the weights as they are: on test data, or where there is none, on each value of the series in one walk. */
export function lossNow(model: DemoModel, run: TaskRun): LossNow | null {
  const { test, series } = run;
  return scope(() =>
    noGrad((): LossNow | null => {
      if (test !== null)
        return { of: "test", loss: objective(model, run, toTensors(test, run, cpu()), null).loss.item() };
      if (series === null || series.walk !== "carried") return null;
      const values = networkValues(series);
      const steps = values.length - 1;
      const shape = [1, steps, 1];
      const x = tensor(values.subarray(0, steps), { shape, backend: cpu() });
      const y = tensor(values.subarray(1), { shape, backend: cpu() });
      const loss = lossOf(run.objective, model.everyStep(x, null, null).output, y, undefined).item();
      return { of: "training", loss: run.objective === "halfSquaredError" ? loss / steps : loss };
    }),
  );
}
