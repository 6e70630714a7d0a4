import { onScopeDispose, type Ref, ref } from "vue";

export interface Shortcut {
  /** As KeyboardEvent.key gives it, letters in lower case. */
  readonly keys: readonly string[];
  readonly label: string;
  readonly action: () => void;
  /** Goes on while the key is held down. */
  readonly repeats?: boolean;
}

const storageKey = "unrolled-shortcuts";
const writes = "input, select, textarea, [contenteditable]";
const usesKeys = `${writes}, a, button, summary, [role=tab], [tabindex="0"]`;

function remembered(): boolean {
  try {
    return localStorage.getItem(storageKey) !== "off";
  } catch {
    return true; // storage is forbidden here
  }
}

export const shortcutsOn: Ref<boolean> = ref(remembered());

export function switchShortcuts(on: boolean): void {
  shortcutsOn.value = on;
  try {
    localStorage.setItem(storageKey, on ? "on" : "off");
  } catch (error) {
    console.info("The choice cannot be remembered:", error);
  }
}

/** Letters are left to fields; Space and arrows to everything that has a use for them by itself. */
function isTakenBy(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest("dialog")) return true;
  return target.closest(key.length === 1 && key !== " " ? writes : usesKeys) !== null;
}

export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  function onKey(event: KeyboardEvent): void {
    if (!shortcutsOn.value || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const found = shortcuts.find(({ keys }) => keys.includes(key));
    if (!found || isTakenBy(event.target, key)) return;
    event.preventDefault();
    if (!event.repeat || found.repeats) found.action();
  }
  addEventListener("keydown", onKey);
  onScopeDispose(() => removeEventListener("keydown", onKey));
}
