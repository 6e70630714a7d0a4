// Taking the last step of all outputs is reading the last state, where nothing is reversed and nothing ends early.
import type { HostTensor, OpNode } from "@unrolled/backend";
import { cpu } from "@unrolled/backend-cpu";
import {
  applyFused,
  grad,
  graphToText,
  interpreter,
  setDefaultBackend,
  simplifyGraph,
  type Tensor,
  type TensorRecord,
  tensor,
  trace,
} from "@unrolled/core";
import { describe, expect, test } from "vitest";
import { between, expectClose } from "./support/numbers.js";

setDefaultBackend(cpu());

const [T, B, I, H] = [5, 3, 2, 4];
const wIh = between(-1, 1, [3 * H, I]).requireGrad();
const wHh = between(-1, 1, [3 * H, H]).requireGrad();
const h0 = between(-1, 1, [B, H]);
const x = between(-1, 1, [T, B, I]);
const lengths = tensor(new Int32Array([5, 2, 4]));
const named = (tensors: TensorRecord): { namedTensors(): [string, Tensor][] } => ({
  namedTensors: () => Object.entries(tensors),
});
const host = (t: Tensor): HostTensor => ({ data: t.dataSync(), shape: t.shape, dtype: t.dtype });

type Take = (y: Tensor, h: Tensor) => Tensor;
const withWhat = { reverse: false, ended: false };

/** A loss and its gradients, of what `take` takes. */
function step(take: Take, { reverse, ended } = withWhat) {
  return ({ x: input, h: start, n }: TensorRecord): TensorRecord => {
    const inputs = [input, start, wIh, wHh, null, null, ended ? n : null] as const;
    const [y, h] = applyFused("gruSequence", inputs, { resetAfter: true, reverse });
    const loss = take(y, h).square().sum();
    const [dIh, dHh] = grad(loss, [wIh, wHh]);
    return { loss, dIh, dHh };
  };
}

async function bothWays(take: Take, options = withWhat, sizes: readonly (number | string)[] = [T, B]) {
  const [steps, batch] = sizes;
  const specs = {
    x: { shape: [steps, batch, I], dtype: "float64" },
    h: { shape: [batch, H], dtype: "float64" },
    n: { shape: [batch], dtype: "int32" },
  } as const;
  const graph = await trace(step(take, options), specs, { constants: named({ wIh, wHh }) });
  const simple = simplifyGraph(graph);
  const inputs = { x: host(x), h: host(h0), n: host(lengths) };
  const [plain, short] = await Promise.all(
    [graph, simple].map(async (g) => (await interpreter(cpu()).prepare(g)).run(inputs)),
  );
  for (const name of ["loss", "dIh", "dHh"]) expectClose(short[name].data, plain[name].data, 1e-12);
  const sequence = simple.nodes.find(({ op }) => op === "gruSequence") as OpNode;
  return { text: graphToText(simple), readsOutputs: sequence.outputs[0] !== null };
}

describe("the last step of a sequence", () => {
  const last: Take = (y) => y.select(0, -1);
  test.each<[string, Take]>([
    ["taken", last],
    ["taken besides the last state", (y, h) => last(y, h).add(h.mul(2))],
    ["taken as a slice", (y) => y.narrow(0, y.shape[0] - 1, 1).mul(3)],
  ])("%s is read from the state, with fixed and with named sizes", async (_, take) => {
    for (const sizes of [
      [T, B],
      ["time", "batch"],
    ]) {
      const { text, readsOutputs } = await bothWays(take, withWhat, sizes);
      expect(readsOutputs).toBe(false);
      expect(text).not.toMatch(/ = (slice|pad)\(/);
    }
  });

  test.each<[string, Take, { reverse: boolean; ended: boolean }, boolean]>([
    ["of a reversed sequence", last, { reverse: true, ended: false }, true],
    ["of sequences that end early", last, { reverse: false, ended: true }, true],
    ["but one", (y) => y.select(0, -2), withWhat, true],
    ["and the one before", (y) => y.narrow(0, y.shape[0] - 2, 2), withWhat, true],
    ["of half the units", (y) => y.select(0, -1).narrow(1, 0, 2), withWhat, false],
  ])("%s keeps its numbers", async (_, take, options, needsOutputs) => {
    expect((await bothWays(take, options)).readsOutputs).toBe(needsOutputs);
  });
});
