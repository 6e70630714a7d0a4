import type { Component } from "vue";

export interface PanelChoice {
  readonly id: string;
  readonly label: string;
  readonly component: Component;
}

/** The views to choose from, in the order of their tabs. Each loads when it is first shown. */
export const panels: readonly PanelChoice[] = [];
