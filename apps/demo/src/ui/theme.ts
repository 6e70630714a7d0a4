import { type Ref, ref, watchEffect } from "vue";

export const themeChoices = ["auto", "light", "dark"] as const;
export type ThemeChoice = (typeof themeChoices)[number];

const key = "unrolled-theme";

function remembered(): ThemeChoice {
  try {
    return themeChoices.find((choice) => choice === localStorage.getItem(key)) ?? "auto";
  } catch {
    return "auto"; // storage is forbidden here: the choice lasts as long as the page
  }
}

export const themeChoice: Ref<ThemeChoice> = ref(remembered());

watchEffect(
  () => {
    if (themeChoice.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = themeChoice.value;
  },
  { flush: "sync" },
);

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  try {
    localStorage.setItem(key, choice);
  } catch (error) {
    console.info("The theme cannot be remembered:", error);
  }
}
