import { runTrainingConformance } from "@unrolled/testkit/training";
import * as toolkit from "unrolled";
import { GRU, manualSeed, mseLoss, ones, SGD, setDefaultBackend, zeros } from "unrolled";
import { toyBackend } from "./backend-toy.js";

setDefaultBackend(toyBackend());
manualSeed(0);
const gru = new GRU(2, 3);
const optimizer = new SGD(gru.parameters(), { lr: 0.5 });
for (let i = 0; i < 3; i++) {
  const loss = optimizer.step(() => mseLoss(gru.forward(ones([4, 1, 2]))[0], zeros([4, 1, 3])));
  console.log(`loss ${loss.item().toFixed(4)} on ${loss.backend.name}`);
}

const report = await runTrainingConformance({
  name: "toy",
  backend: toyBackend,
  toolkit,
  topics: ["reading", "errors"],
});
console.log(`some passed: ${report.passed.length > 0}, failed: ${report.failed.length}`);
