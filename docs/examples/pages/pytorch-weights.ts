import { readFile, writeFile } from "node:fs/promises";
import { LSTM, loadPytorch, manualSeed, ones, openSafetensors, saveStateDict } from "unrolled";

manualSeed(0);
const lstm = new LSTM(3, 8);
await writeFile("lstm.safetensors", await saveStateDict(lstm));

const file = await openSafetensors(await readFile("lstm.safetensors"));
for (const [name, { storedAs, shape }] of file.tensors) console.log(name, storedAs, shape);

const other = new LSTM(3, 8);
await loadPytorch(other, await readFile("lstm.safetensors")); // a file of PyTorch's save_file goes in the same way
const x = ones([5, 2, 3]);
console.log(other.forward(x)[0].sum().item().toFixed(5));
