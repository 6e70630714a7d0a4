import type { Component } from "vue";
import { panels } from "../panels/index.js";
import LossPanel from "../panels/loss/LossPanel.vue";
import PredictionPanel from "../panels/prediction/PredictionPanel.vue";
import TaskPanels from "../panels/TaskPanels.vue";

/** What a frame may ask for by name, all but the export, which needs more room. */
const choices = new Map<string, Component>([
  ["loss", LossPanel],
  ["prediction", PredictionPanel],
  ["task", TaskPanels],
  ...panels.filter(({ id }) => id !== "out").map(({ id, component }) => [id, component] as const),
]);

export const embeddedPanelNames: readonly string[] = [...choices.keys()];

export interface EmbeddedPanels {
  readonly known: readonly { readonly name: string; readonly component: Component }[];
  readonly unknown: readonly string[];
}

/** Those of a comma-separated list; `loss` where it is empty. */
export function embeddedPanels(list: string): EmbeddedPanels {
  const names = [...new Set(list.split(",").map((name) => name.trim()))].filter((name) => name !== "");
  return {
    known: (names.length === 0 ? ["loss"] : names).flatMap((name) => {
      const component = choices.get(name);
      return component === undefined ? [] : [{ name, component }];
    }),
    unknown: names.filter((name) => !choices.has(name)),
  };
}
