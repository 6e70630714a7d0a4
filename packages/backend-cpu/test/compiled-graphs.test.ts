// The plan of memory and the code, on graphs that no case of the kit has: random ones, and those that once went wrong.
import type { HostTensor, Program } from "@unrolled/backend";
import { cpuRunner } from "@unrolled/backend-cpu";
import { generator, referenceRunner } from "@unrolled/testkit";
import { describe, expect, it } from "vitest";
import { randomGraph } from "./random-graphs.js";

type HostRecord = Readonly<Record<string, HostTensor>>;

function expectClose(found: HostRecord, wanted: HostRecord, place: string): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { data, shape }] of Object.entries(wanted)) {
    expect(found[name].shape, `${place} ${name}`).toEqual(shape);
    for (let i = 0; i < data.length; i++) {
      const far = Math.abs(found[name].data[i] - data[i]) > 2e-5 * (1 + Math.abs(data[i]));
      if (far) expect(found[name].data[i], `${place} ${name}[${i}]`).toBe(data[i]);
    }
  }
}

describe("random graphs with states and loops", () => {
  const perTest = 20;
  it.each(Array.from({ length: 10 }, (_, i) => i * perTest))(
    "equal the references, from number %i on",
    async (first) => {
      for (let seed = first; seed < first + perTest; seed++) {
        const { graph, inputs } = randomGraph(generator(`graph ${seed}`));
        const programs: readonly Program[] = await Promise.all(
          [cpuRunner(), referenceRunner()].map((runner) => runner.prepare(graph)),
        );
        for (let run = 0; run < 3; run++) {
          const [found, wanted] = await Promise.all(programs.map((program) => program.run(inputs)));
          expectClose(found, wanted, `graph ${seed}, run ${run}:`);
          const [now, then] = await Promise.all(programs.map((program) => program.readState()));
          expectClose(now, then, `graph ${seed}, state after run ${run}:`);
          await programs[0].writeState(then);
        }
        for (const program of programs) await program.dispose();
      }
    },
  );
});
