// The speed is that of training, whatever the reader waits in between.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SpeedMeter } from "../src/session/speed-meter.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("time between single steps does not count", () => {
  const speed = new SpeedMeter();
  for (let update = 0; update < 30; update++) {
    speed.start(update);
    vi.advanceTimersByTime(20);
    speed.rest(update + 1);
    vi.advanceTimersByTime(3000);
  }
  expect(speed.perSecond).toBeCloseTo(50);
});

test("while it trains, all time counts", () => {
  const speed = new SpeedMeter();
  speed.start(0);
  for (let update = 10; update <= 100; update += 10) {
    vi.advanceTimersByTime(60);
    speed.mark(update);
  }
  expect(speed.perSecond).toBeCloseTo(10 / 0.06);
  speed.clear();
  expect(speed.perSecond).toBeNull();
});
