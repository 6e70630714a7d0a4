// A session without its worker, for tests in Node.
import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend } from "@unrolled/core";
import { Session } from "../../src/session/session.js";
import type { DemoState, Settings } from "../../src/session/settings.js";
import { defaultSettings } from "../../src/tasks/index.js";

setDefaultBackend(cpu());

export const stateOf = (task: string, settings: Partial<Settings> = {}, update = 0): DemoState => ({
  settings: { ...defaultSettings(task), ...settings },
  changes: [],
  update,
  series: null,
});

export async function openSession(state: DemoState): Promise<Session> {
  const session = new Session();
  await session.open(state, () => undefined);
  return session;
}
