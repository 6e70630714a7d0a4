import { tfjs } from "@unrolled/backend-tfjs";
import { Adam, type Backend, cpu, type Tensor } from "unrolled";
import { Net } from "./net.js";
import type { Result } from "./result.js";
import { timeRepeats } from "./time.js";
import type { Work } from "./works.js";

/** The step run op by op on an eager backend, each loss read. */
export async function eager(work: Work, engine: "cpu" | "tfjs:cpu" | "tfjs:wasm"): Promise<Result> {
  const backend: Backend = engine === "cpu" ? cpu() : await tfjs(engine === "tfjs:cpu" ? "cpu" : "wasm");
  const net = await new Net(work).to(backend);
  const optimizer = new Adam(net.parameters());
  const batches: [Tensor, Tensor][] = [];
  for (const [x, y] of work.batches()) batches.push([await x.to(backend), await y.to(backend)]);
  return timeRepeats(work, `unrolled, ${engine}`, 5, async () => {
    let last = 0;
    for (let epoch = 0; epoch < work.epochs; epoch++) {
      for (const [x, y] of batches) {
        const loss = optimizer.step(() => net.loss(x, y));
        last = loss.item();
        loss.dispose();
      }
    }
    return last;
  });
}
