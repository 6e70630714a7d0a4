import { reactive, watch } from "vue";
import { type SessionView, useSession } from "../../app/use-session.js";

/** Where the reader is looking, from 0. Shared, so that one view goes on where another one stood. */
export interface Cursor {
  example: number;
  layer: number;
  step: number;
  unit: number;
  /** −1: the likeliest, where outputs are classes. */
  output: number;
}

const cursors = new WeakMap<SessionView, Cursor>();

/** The page's one cursor. What is no longer there after a change of the model is left for the last that is. */
export function useCursor(): Cursor {
  const session = useSession();
  const cursor = cursors.get(session) ?? reactive({ example: 0, layer: 0, step: 0, unit: 0, output: -1 });
  cursors.set(session, cursor);
  watch(
    [session.opened, session.settings],
    ([opened, { hiddenSize, numLayers }]) => {
      cursor.unit = Math.min(cursor.unit, hiddenSize - 1);
      cursor.layer = Math.min(cursor.layer, numLayers - 1);
      if (opened === null) return;
      cursor.example = Math.max(0, Math.min(cursor.example, opened.examples.length - 1));
      cursor.output = Math.min(cursor.output, opened.outputSize - 1);
    },
    { immediate: true },
  );
  return cursor;
}
