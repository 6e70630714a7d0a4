import { BackendError } from "@unrolled/backend";
import { cpu, cpuFeatures, cpuReady } from "@unrolled/backend-cpu";
import { expect, test, vi } from "vitest";
import { Crew, type Job } from "../dist/wasm/threads/crew.js";
import { sameBits, sequence } from "./thread-cases.js";

test("a worker that never comes back is an error, and has ended before its memory is used again", async () => {
  const backend = cpu({ threads: 2 });
  await cpuReady(backend);
  const { share } = Crew.prototype;
  let left = false;
  vi.spyOn(Crew.prototype, "share").mockImplementation(function (this: Crew, job: Job) {
    const part = (thread: number, threads: number): void => {
      // Leaves the worker alone at a barrier.
      if (threads > 1) left = true;
      else job.part(thread, threads);
    };
    share.call(this, { ...job, part, work: 1e10 });
  });
  const one = sequence("lstmSequence", { T: 5, B: 4, I: 7, H: 18 }, { reverse: false });
  const expected = one.run(cpu());
  let error: unknown;
  try {
    while (!left) one.run(backend);
  } catch (caught) {
    error = caught;
  }
  vi.restoreAllMocks();
  expect(error).toBeInstanceOf(BackendError);
  expect(String(error)).toMatch(/no sign of it for 30 s/);
  expect(() => one.run(backend)).toThrow(/have not ended yet/);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(cpuFeatures(backend)).toMatchObject({ threads: 1, reason: expect.stringMatching(/no sign/) });
  expect(sameBits(one.run(backend), expected)).toBe(true);
}, 120_000);
