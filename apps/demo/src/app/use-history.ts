import { type InjectionKey, inject, onScopeDispose, type Ref, ref, type ShallowRef, shallowRef } from "vue";
import { panels } from "../panels/index.js";
import { isLoadProblem } from "../session/load-words.js";
import type { DemoState } from "../session/settings.js";
import { type Address, fitsIntoLink, readAddress, stateToHash } from "../session/url.js";
import { defaultSettings, taskById } from "../tasks/index.js";
import { windowFor } from "../tasks/own.js";
import { keepSeries, keptSeries } from "./kept-series.js";
import type { Moved, SessionView } from "./use-session.js";

/** The way back: each change by hand is an entry of the browser's history, and its address holds the whole state. */
export interface HistoryView {
  readonly canUndo: Ref<boolean>;
  readonly canRedo: Ref<boolean>;
  /** What of the address could not be used, as sentences for the page. */
  readonly problems: ShallowRef<readonly string[]>;
  /** Why a link will not do for the series on screen; null: it will. */
  readonly seriesNote: Ref<string | null>;
  undo(): void;
  redo(): void;
  /** Opens what the address says. */
  start(): Promise<void>;
  /** The address that leads to the numbers on screen. */
  link(): Promise<string>;
}

export const historyKey: InjectionKey<HistoryView> = Symbol("history");

export function useHistory(): HistoryView {
  const view = inject(historyKey);
  if (view) return view;
  throw new Error("undo stands outside of a page with a history");
}

const whileTrainingMs = 3000;
const topKey = "unrolled-history-top";

const viewOf = (): string | null => new URLSearchParams(location.hash.slice(1)).get("view");

/** The number of an entry, kept by the browser with it; null: the reader has typed or pasted the address. */
function indexOf(entry: unknown): number | null {
  const index = (entry as { readonly unrolled?: unknown } | null)?.unrolled;
  return typeof index === "number" ? index : null;
}

function rememberedTop(index: number): number {
  try {
    return Math.max(index, Number(sessionStorage.getItem(topKey) ?? 0));
  } catch {
    return index; // storage is forbidden: redo is not offered after a reload
  }
}

export const addressOfPage = (): Address =>
  readAddress(
    location.hash,
    keptSeries,
    panels.map(({ id }) => id),
  );

/** The state with windows that fit its series, in place of those that a link asks for. */
function withUsualWindow(state: DemoState): DemoState {
  const { takesSeries, defaults } = taskById(state.settings.task);
  const windowLength = takesSeries && state.series ? windowFor(state.series.values.length) : defaults.windowLength;
  return { ...state, settings: { ...state.settings, windowLength } };
}

/** Follows a session. Call it before whatever else listens to the address. */
export function createHistory(session: SessionView): HistoryView {
  let index = indexOf(history.state) ?? 0;
  let top = indexOf(history.state) === null ? 0 : rememberedTop(index);
  const canUndo = ref(index > 0);
  const canRedo = ref(index < top);
  const problems = shallowRef<readonly string[]>([]);
  const seriesNote = ref<string | null>(null);
  /** Undo does not turn the reader's view over. */
  let keptView: string | null = null;

  function stand(at: number, highest: number): void {
    index = at;
    top = highest;
    canUndo.value = index > 0;
    canRedo.value = index < top;
    try {
      sessionStorage.setItem(topKey, String(top));
    } catch (error) {
      console.info("Redo will not be offered after a reload:", error);
    }
  }

  const replace = (hash: string): void => history.replaceState({ unrolled: index }, "", `#${hash}`);

  function noteSeries({ settings, series }: DemoState): void {
    if (series === null || !taskById(settings.task).takesSeries || fitsIntoLink(series)) {
      seriesNote.value = null;
      return;
    }
    const kept = keepSeries(series)
      ? "This tab keeps it, so that you may reload the page; a link that you share will not have it."
      : "A reload of the page, or a link that you share, will not have it.";
    seriesNote.value = `"${series.name}" has ${series.values.length} values, too many for a link. ${kept}`;
  }

  function moved({ state, left, isChange }: Moved): void {
    noteSeries(state);
    const view = viewOf();
    const hash = stateToHash(state, view);
    const before = left && stateToHash(left, view);
    if (!isChange || before === null || before === hash) {
      replace(hash);
      return;
    }
    replace(before);
    stand(index + 1, index + 1);
    history.pushState({ unrolled: index }, "", `#${hash}`);
  }

  async function go({ state, problems: found }: Address, isChange: boolean): Promise<void> {
    problems.value = found.map(({ field, given, words }) => `${field}=${given}: ${words}`);
    const wasOpen = session.opened.value !== null;
    await session.open(state, isChange);
    const { error } = session;
    if (error.value === null || isLoadProblem(error.value)) return;
    const [why, usual] = [error.value.replace(/^task: /, ""), withUsualWindow(state)];
    if (usual.settings.windowLength !== state.settings.windowLength) {
      await session.open(usual, isChange);
      if (error.value === null) {
        const [given, taken] = [state, usual].map(({ settings }) => settings.windowLength);
        problems.value = [...problems.value, `windowLength=${given}: ${why}. It is ${taken} now.`];
        return;
      }
    }
    if (wasOpen || session.opened.value !== null) return;
    problems.value = [
      ...problems.value,
      `The model of this link cannot be made: ${error.value.replace(/\.$/, "")}. The task stands there as it is by itself.`,
    ];
    await session.open({ settings: defaultSettings(state.settings.task), changes: [], update: 0, series: null }, false);
  }

  function onPopState({ state }: PopStateEvent): void {
    const at = indexOf(state);
    if (at === null) stand(index + 1, index + 1);
    else stand(at, Math.max(top, at));
    const address = addressOfPage();
    if (at === null || keptView !== null) replace(stateToHash(address.state, keptView ?? address.view));
    keptView = null;
    void go(address, false);
  }

  addEventListener("popstate", onPopState);
  const unfollow = session.follow(moved);
  const timer = setInterval(() => {
    if (session.playing.value) void session.mark();
  }, whileTrainingMs);
  onScopeDispose(() => {
    removeEventListener("popstate", onPopState);
    unfollow();
    clearInterval(timer);
  });

  async function move(by: 1 | -1): Promise<void> {
    await session.mark(); // redo comes back to the very numbers that undo left
    keptView = viewOf();
    history.go(by);
  }

  return {
    canUndo,
    canRedo,
    problems,
    seriesNote,
    undo: () => {
      if (canUndo.value) void move(-1);
    },
    redo: () => {
      if (canRedo.value) void move(1);
    },
    start: () => go(addressOfPage(), false),
    async link() {
      await session.mark();
      return location.href;
    },
  };
}
