import { tfjs } from "@unrolled/backend-tfjs";
import { Adam, LSTM, manualSeed, mseLoss, ones, setDefaultBackend, type Tensor, zeros } from "unrolled";

manualSeed(0);
const model = new LSTM(1, 8);
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const update = () => optimizer.step(() => mseLoss(model.forward(ones([5, 4, 1]))[0], zeros([5, 4, 8])));
const print = (loss: Tensor): void => console.log(loss.backend.name, loss.item().toFixed(4));
print(update());

const other = await tfjs("wasm");
await model.to(other); // weights
await optimizer.to(other); // what Adam remembers
setDefaultBackend(other); // where ones() and zeros() are made
print(update());
