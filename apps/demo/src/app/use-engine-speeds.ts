import { reactive, watch } from "vue";
import type { SessionView } from "./use-session.js";

/** Updates a second of each engine that was tried on the model on screen. */
export function useEngineSpeeds({ settings, look }: SessionView): ReadonlyMap<string, number> {
  const speeds = reactive(new Map<string, number>());
  watch(
    () => {
      const { task, taskOptions, cell, hiddenSize, numLayers, windowLength, variedLengths, batchSize } = settings.value;
      return JSON.stringify([task, taskOptions, cell, hiddenSize, numLayers, windowLength, variedLengths, batchSize]);
    },
    () => speeds.clear(),
  );
  watch(look, (now) => {
    if (now && now.progress.updatesPerSecond !== null) speeds.set(now.progress.engine, now.progress.updatesPerSecond);
  });
  return speeds;
}
