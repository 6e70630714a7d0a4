import { proxy, type Remote, wrap } from "comlink";
import { type InjectionKey, inject, onScopeDispose, type Ref, ref, type ShallowRef, shallowRef } from "vue";
import type { Opened, SessionApi } from "../session/api.js";
import type { Look, Want } from "../session/look.js";
import type { DemoState, Settings } from "../session/settings.js";

/** What every panel sees of the training in the worker. */
export interface SessionView {
  /** The settings in force, live changes included. */
  readonly settings: Ref<Settings>;
  readonly opened: ShallowRef<Opened | null>;
  readonly look: ShallowRef<Look | null>;
  readonly playing: Ref<boolean>;
  /** Updates done so far of a model that is being brought to where a link says; null: none is. */
  readonly replaying: Ref<number | null>;
  /** What went wrong, in words for the page; null: nothing. */
  readonly error: Ref<string | null>;
  readonly api: Remote<SessionApi>;
  open(state: DemoState): Promise<void>;
  play(): Promise<void>;
  pause(): Promise<void>;
  step(updates: number): Promise<void>;
  setEngine(engine: string): Promise<void>;
  setLive: SessionApi["setLive"];
  setWeight: SessionApi["setWeight"];
  /** A panel that is on screen says what it wants to see, until the returned function is called. */
  want(id: string, want: () => Want): () => void;
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
  const settings = ref(initial.settings);
  const opened = shallowRef<Opened | null>(null);
  const look = shallowRef<Look | null>(null);
  const playing = ref(false);
  const replaying = ref<number | null>(null);
  const error = ref<string | null>(null);
  const wants = new Map<string, () => Want>();
  let looking = false;
  let again = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  worker.addEventListener("error", (event) => {
    error.value = `The training thread has failed: ${event.message || "it could not be started"}. Reload the page to start it again.`;
  });

  async function guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === "OvertakenError") return;
      error.value = thrown instanceof Error ? thrown.message : String(thrown);
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
    });
    looking = false;
    const pause = Math.max(90, performance.now() - started); // at most half of the worker's time goes into looking
    clearTimeout(timer);
    if (again) {
      again = false;
      timer = setTimeout(lookNow, 0);
    } else if (playing.value) timer = setTimeout(lookNow, pause);
  }

  onScopeDispose(() => {
    clearTimeout(timer);
    worker.terminate();
  });

  return {
    settings,
    opened,
    look,
    playing,
    replaying,
    error,
    api,
    open: (state) =>
      guarded(async () => {
        error.value = null;
        playing.value = false;
        if (state.update > 0) replaying.value = 0;
        settings.value = state.settings;
        const onProgress = proxy((update: number) => {
          if (replaying.value !== null) replaying.value = update;
        });
        try {
          opened.value = await api.open(state, onProgress);
          settings.value = await api.settings();
        } finally {
          replaying.value = null;
        }
        await lookNow();
      }),
    play: () =>
      guarded(async () => {
        await api.play();
        playing.value = true;
        await lookNow();
      }),
    pause: () =>
      guarded(async () => {
        await api.pause();
        playing.value = false;
        await lookNow();
      }),
    step: (updates) =>
      guarded(async () => {
        await api.step(updates);
        playing.value = false;
        await lookNow();
      }),
    setEngine: (engine) =>
      guarded(async () => {
        opened.value = await api.setEngine(engine);
        settings.value = await api.settings();
        await lookNow();
      }),
    setLive: (key, value) =>
      guarded(async () => {
        await api.setLive(key, value);
        settings.value = await api.settings();
        await lookNow();
      }),
    setWeight: (name, index, value) =>
      guarded(async () => {
        await api.setWeight(name, index, value);
        await lookNow();
      }),
    want(id, want) {
      wants.set(id, want);
      void lookNow();
      return () => wants.delete(id);
    },
    refresh: () => void lookNow(),
  };
}
