import { type Component, defineAsyncComponent } from "vue";

export interface PanelChoice {
  readonly id: string;
  readonly label: string;
  readonly component: Component;
}

/** The views to choose from, in the order of their tabs. Each loads when it is first shown. */
export const panels: readonly PanelChoice[] = [
  { id: "memory", label: "Memory", component: defineAsyncComponent(() => import("./memory/MemoryPanel.vue")) },
  { id: "by-hand", label: "Step by hand", component: defineAsyncComponent(() => import("./by-hand/ByHandPanel.vue")) },
  { id: "weights", label: "Weights", component: defineAsyncComponent(() => import("./weights/WeightsPanel.vue")) },
  {
    id: "gradients",
    label: "Gradients",
    component: defineAsyncComponent(() => import("./gradients/GradientsPanel.vue")),
  },
  { id: "out", label: "Export", component: defineAsyncComponent(() => import("./out/OutPanel.vue")) },
];
