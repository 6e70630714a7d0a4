import { tfjs } from "@unrolled/backend-tfjs";
import { Adam, Linear, manualSeed, mseLoss, ones, scope, setDefaultBackend, zeros } from "unrolled";

const backend = await tfjs("wasm");
setDefaultBackend(backend);
manualSeed(0);
const model = new Linear(4, 1);
const optimizer = new Adam(model.parameters());
const [x, y] = [ones([8, 4]), zeros([8, 1])];
const alive = (): number => backend.memory().buffers;
const start = alive();

for (let i = 0; i < 100; i++) optimizer.step(() => mseLoss(model.forward(x), y)).dispose();
console.log("after 100 steps by step(fn):", alive() - start);

for (let i = 0; i < 100; i++) scope(() => model.forward(x).sum().item());
console.log("after 100 passes in scopes:", alive() - start);

const kept = scope(() => model.forward(x).mul(2)); // what fn returns lives on
console.log("and one result kept:", alive() - start);
kept.dispose();
console.log("after dispose:", alive() - start);
