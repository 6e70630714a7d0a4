import { onScopeDispose, type Ref, ref } from "vue";

export type Rgb = readonly [red: number, green: number, blue: number];

/** A custom property of the theme as the browser shows it inside of `element`. */
export function themeColour(element: HTMLElement, property: string): Rgb {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`; // light-dark() is resolved in a style alone
  element.append(probe);
  const parts = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  return [Number(parts[0] ?? 0), Number(parts[1] ?? 0), Number(parts[2] ?? 0)];
}

/** A number that grows when the page turns dark or light. */
export function useThemeChanges(): Ref<number> {
  const changes = ref(0);
  const changed = (): void => {
    changes.value++;
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  onScopeDispose(() => {
    dark.removeEventListener("change", changed);
    observer.disconnect();
  });
  return changes;
}
