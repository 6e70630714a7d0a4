import type { Graph, HostTensor, Program, Runner } from "@unrolled/backend";
import { referenceRunner } from "@unrolled/testkit";

export type HostRecord = Readonly<Record<string, HostTensor>>;

/** A program whose parts can be exchanged. */
export type ToyProgram = {
  -readonly [K in "run" | "readState" | "writeState" | "dispose"]: Program[K];
} & { runSync: NonNullable<Program["runSync"]> };

/** Changes the graph before it is prepared, or the program after. */
export interface RunnerPlant {
  readonly graph?: (graph: Graph) => Graph;
  readonly program?: (program: ToyProgram, graph: Graph) => void;
}

/** A right runner, made of the naive references, unless something is planted in it. */
export function toyRunner(plant: RunnerPlant = {}): Runner {
  const right = referenceRunner();
  return {
    contract: "v1",
    name: "toy",
    async prepare(graph) {
      const inner = await right.prepare(plant.graph?.(graph) ?? graph);
      const program: ToyProgram = {
        run: (inputs) => inner.run(inputs),
        runSync: (inputs) => inner.runSync?.(inputs) ?? {},
        readState: () => inner.readState(),
        writeState: (state) => inner.writeState(state),
        dispose: () => inner.dispose(),
      };
      plant.program?.(program, graph);
      return program;
    },
  };
}

export function copyOf(record: HostRecord): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(record).map(([name, x]) => [name, { ...x, data: x.data.slice() }]));
}
