import { proxy, type Remote, wrap } from "comlink";
import { type InjectionKey, inject, onScopeDispose, type Ref, ref, type ShallowRef, shallowRef } from "vue";
import type { Opened, SessionApi } from "../session/api.js";
import { wordsForPage } from "../session/load-words.js";
import type { Look, Want } from "../session/look.js";
import type { DemoState, Settings } from "../session/settings.js";

/** What was done by the reader, or by training itself. */
export interface Moved {
  readonly state: DemoState;
  /** Where it was left before a change by hand; null: nothing was there, or training has only gone on. */
  readonly left: DemoState | null;
  readonly isChange: boolean;
}

/** What every panel sees of the training in the worker. */
export interface SessionView {
  /** The settings in force, live changes included. */
  readonly settings: Ref<Settings>;
  readonly opened: ShallowRef<Opened | null>;
  readonly look: ShallowRef<Look | null>;
  readonly playing: Ref<boolean>;
  /** Updates done so far of a model that is being brought to where a link says; null: none is. */
  readonly replaying: Ref<number | null>;
  /** Where that leads. */
  readonly goal: Ref<number>;
  /** What a link asked for and could not be had, as sentences for the page. */
  readonly problems: ShallowRef<readonly string[]>;
  /** The engine that is being loaded, by its id; null: none is. */
  readonly loadingEngine: Ref<string | null>;
  /** Why the engine that was chosen last could not be had; null: it could. */
  readonly engineProblem: Ref<string | null>;
  /** What went wrong, in words for the page; null: nothing. */
  readonly error: Ref<string | null>;
  readonly api: Remote<SessionApi>;
  /** Where `isChange` is false, it is no change by hand that could be undone, but a way back to one. */
  open(state: DemoState, isChange?: boolean): Promise<void>;
  play(): Promise<void>;
  pause(): Promise<void>;
  step(updates: number): Promise<void>;
  setEngine(engine: string): Promise<void>;
  setLive: SessionApi["setLive"];
  setWeight: SessionApi["setWeight"];
  /** A panel that is on screen says what it wants to see, until the returned function is called. */
  want(id: string, want: () => Want): () => void;
  /** Told after every change by hand, every pause and every `mark`, until the returned function is called. */
  follow(listener: (moved: Moved) => void): () => void;
  /** Remembers where training is now. */
  mark(): Promise<void>;
  /** Looks again soon, for panels whose wish has changed. */
  refresh(): void;
}

export const sessionKey: InjectionKey<SessionView> = Symbol("session");

export function useSession(): SessionView {
  const session = inject(sessionKey);
  if (session) return session;
  throw new Error("a panel stands outside of a page with a session");
}

/** Starts the worker. Looks into it after every change, and at most about ten times a second while it trains. */
export function createSession(initial: DemoState): SessionView {
  const worker = new Worker(new URL("../worker.ts", import.meta.url), { type: "module" });
  const api = wrap<SessionApi>(worker);
  const settings = shallowRef(initial.settings); // plain objects, which can go to the worker
  const opened = shallowRef<Opened | null>(null);
  const look = shallowRef<Look | null>(null);
  const playing = ref(false);
  const replaying = ref<number | null>(null);
  const goal = ref(initial.update);
  const problems = shallowRef<readonly string[]>([]);
  const loadingEngine = ref<string | null>(null);
  const engineProblem = ref<string | null>(null);
  const error = ref<string | null>(null);
  const followers = new Set<(moved: Moved) => void>();
  let opens = 0;
  const wants = new Map<string, () => Want>();
  let looking = false;
  let again = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let marking: ReturnType<typeof setTimeout> | undefined;

  worker.addEventListener("error", (event) => {
    error.value = `The training thread has failed: ${event.message || "it could not be started"}. Reload the page to start it again.`;
  });

  async function guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === "OvertakenError") return;
      error.value = wordsForPage(thrown);
    }
  }

  async function lookNow(): Promise<void> {
    if (opened.value === null) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    const started = performance.now();
    await guarded(async () => {
      const merged = Object.assign({}, ...[...wants.values()].map((want) => want())) as Want;
      const next = await api.look(merged);
      look.value = next;
      playing.value = next.progress.playing;
      if (next.progress.engine !== settings.value.engine && loadingEngine.value === null && replaying.value === null)
        settings.value = await api.settings(); // an engine has failed, and another took its place
    });
    looking = false;
    const pause = Math.max(90, performance.now() - started); // at most half of the worker's time goes into looking
    clearTimeout(timer);
    if (again) {
      again = false;
      timer = setTimeout(lookNow, 0);
    } else if (playing.value) timer = setTimeout(lookNow, pause);
  }

  async function tell(isChange: boolean, leftOf: (now: DemoState) => DemoState | null = () => null): Promise<void> {
    const open = opens;
    const state = await api.bookmark();
    if (open !== opens) return; // another model has been opened meanwhile
    for (const listener of followers) listener({ state, left: leftOf(state), isChange });
  }

  const mark = (): Promise<void> =>
    guarded(async () => {
      if (opened.value !== null && replaying.value === null) await tell(false);
    });

  const beforeLastChange = (now: DemoState): DemoState => {
    const last = now.changes.at(-1);
    return { ...now, changes: now.changes.slice(0, -1), update: last?.update ?? now.update };
  };

  async function open(state: DemoState, isChange = true): Promise<void> {
    const own = ++opens;
    error.value = null;
    engineProblem.value = null;
    playing.value = false;
    goal.value = state.update;
    replaying.value = state.update > 0 ? 0 : null;
    settings.value = state.settings;
    const onProgress = proxy((update: number) => {
      if (own === opens && replaying.value !== null) replaying.value = update;
    });
    try {
      const next = await api.open(state, onProgress);
      opened.value = next;
      problems.value = next.problems;
      await tell(isChange, () => next.left);
    } finally {
      if (own === opens) {
        replaying.value = null;
        if (opened.value !== null) settings.value = await api.settings();
      }
    }
    await lookNow();
  }

  async function setEngine(engine: string): Promise<void> {
    const before = settings.value.engine;
    loadingEngine.value = engine;
    engineProblem.value = null;
    try {
      opened.value = await api.setEngine(engine);
      settings.value = await api.settings();
      await tell(true, (now) => ({ ...now, settings: { ...now.settings, engine: before } }));
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === "OvertakenError") return;
      if (loadingEngine.value === engine)
        engineProblem.value = thrown instanceof Error ? thrown.message : String(thrown);
    } finally {
      if (loadingEngine.value === engine) loadingEngine.value = null;
    }
    await lookNow();
  }

  onScopeDispose(() => {
    clearTimeout(timer);
    clearTimeout(marking);
    worker.terminate();
  });

  return {
    settings,
    opened,
    look,
    playing,
    replaying,
    goal,
    problems,
    loadingEngine,
    engineProblem,
    error,
    api,
    open: (state, isChange) => guarded(() => open(state, isChange)),
    play: () =>
      guarded(async () => {
        playing.value = true; // at once, for a second click that follows fast
        await api.play();
        playing.value = true;
        await lookNow();
      }),
    pause: () =>
      guarded(async () => {
        playing.value = false;
        await api.pause();
        playing.value = false;
        await mark();
        await lookNow();
      }),
    step: (updates) =>
      guarded(async () => {
        await api.step(updates);
        playing.value = false;
        clearTimeout(marking);
        marking = setTimeout(() => void mark(), 400); // steps may follow each other fast
        await lookNow();
      }),
    setEngine: (engine) => guarded(() => setEngine(engine)),
    setLive: (key, value) =>
      guarded(async () => {
        await api.setLive(key, value);
        settings.value = await api.settings();
        await tell(true, beforeLastChange);
        await lookNow();
      }),
    setWeight: (name, index, value) =>
      guarded(async () => {
        await api.setWeight(name, index, value);
        await tell(true, beforeLastChange);
        await lookNow();
      }),
    follow(listener) {
      followers.add(listener);
      return () => followers.delete(listener);
    },
    mark,
    want(id, want) {
      wants.set(id, want);
      void lookNow();
      return () => wants.delete(id);
    },
    refresh: () => void lookNow(),
  };
}
