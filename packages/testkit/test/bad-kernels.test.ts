import { type Backend, BackendError } from "@unrolled/backend";
import { ConformanceError, conformanceCases, referenceBackend, runConformance } from "@unrolled/testkit";
import { runTrainingConformance, type ToolkitModule } from "@unrolled/testkit/training";
import { beforeEach, describe, expect, test } from "vitest";

let right = referenceBackend();
beforeEach(() => {
  right = referenceBackend();
});

/** The failures of the cases of one op, as messages. */
async function failures(op: "add" | "sgdStep" | "linear", backend: object): Promise<ConformanceError[]> {
  const { failed } = await runConformance({ name: "bad", backend: () => backend as Backend, ops: [op] });
  return failed.map(({ error }) => error as ConformanceError);
}

const returned: readonly (readonly [what: unknown, words: string])[] = [
  [undefined, "returned undefined, not an array of buffers"],
  [null, "returned null, not an array of buffers"],
  [Promise.resolve([]), "returned a Promise, not an array of buffers"],
  [{}, "returned an object, not an array of buffers"],
  [[undefined], "returned an array whose item 0 is undefined, not a buffer"],
  [[Promise.resolve({})], "returned an array whose item 0 is a Promise, not a buffer"],
  [[7], "returned an array whose item 0 is 7, not a buffer"],
];

describe.each(returned)("a kernel that returns %o", (what, words) => {
  test("is told so", async () => {
    const kernels = { ...right.kernels, add: () => what };
    const errors = await failures("add", { ...right, kernels });
    expect(errors.length).toBe(conformanceCases({ ops: ["add"] }).length);
    for (const error of errors) {
      expect(error).toBeInstanceOf(ConformanceError);
      expect(error.check).toBe("contract");
      expect(error.message).toContain(`add: the kernel ${words} (case "add `);
      expect(error.message).toContain("; see the Backend and Runner interfaces");
    }
  });

  test("is told so of an update", async () => {
    const [error] = await failures("sgdStep", { ...right, updates: { ...right.updates, sgdStep: () => what } });
    expect(error.message).toContain(`sgdStep: the kernel ${words}`);
  });
});

test.each([
  ["forward that returns nothing", { forward: () => undefined }, "forward returned undefined, not { out, reserve }"],
  ["forward that returns no array", { forward: () => ({}) }, "forward returned undefined, not an array of buffers"],
  ["backward that returns nothing", { backward: () => undefined }, "backward returned undefined, not an array"],
])("a fused op's %s is told so", async (_what, part, words) => {
  const fused = { ...right.fused, linear: { ...right.fused?.linear, ...part } };
  const messages = (await failures("linear", { ...right, fused })).map(String);
  expect(messages.some((message) => message.includes(`linear: ${words}`))).toBe(true);
});

test.each([
  [undefined, "kernels.add is missing"],
  [null, "kernels.add is null, not a function"],
])("a kernel that is %s is named", async (kernel, words) => {
  const errors = await failures("add", { ...right, kernels: { ...right.kernels, add: kernel } });
  for (const error of errors) expect(error.message).toContain(`add: ${words} (case `);
  expect(errors.length).toBe(conformanceCases({ ops: ["add"] }).length);
});

test("a failure of training names its topic as one, and the kernel cases to ask", async () => {
  const names = "tensor zeros concat where mseLoss noGrad scope RNN LSTM GRU Linear SGD Adam".split(" ");
  const run = async (raised: Error): Promise<ConformanceError> => {
    const raise = (): never => {
      throw raised;
    };
    const toolkit = Object.fromEntries(names.map((name) => [name, raise])) as unknown as ToolkitModule;
    const options = { name: "t", backend: () => referenceBackend(), toolkit, topics: ["reading"] as const };
    const { failed } = await runTrainingConformance(options);
    return failed[0].error as ConformanceError;
  };
  const plain = await run(new TypeError("no buffer"));
  expect(plain.op).toBe("topic reading");
  expect(plain.message).toMatch(/^topic reading: raised TypeError: no buffer \(case "reading /);
  expect(plain.remedy).toBe("find the op that is wrong by describeConformance({ describe, it }, { name, backend })");
  const named = await run(new BackendError("matmul", "no memory", "free some"));
  expect(named.remedy).toContain('{ name, backend, ops: ["matmul"] }');
});
