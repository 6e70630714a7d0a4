import { GRU, Linear, LSTM, loadPytorch, ModuleDict, manualSeed, StateDictError, saveStateDict } from "unrolled";

manualSeed(0);
const bytes = await saveStateDict(new ModuleDict({ rnn: new LSTM(3, 8), fc: new Linear(8, 2) }));

try {
  await loadPytorch(new ModuleDict({ rnn: new GRU(3, 8), head: new Linear(8, 2) }), bytes);
} catch (error) {
  if (!(error instanceof StateDictError)) throw error;
  console.log("missing:", error.missing.join(" "));
  console.log("unexpected:", error.unexpected.join(" "));
  for (const tensor of error.misshaped) console.log("misshaped:", tensor);
}

const renamed = new ModuleDict({ rnn: new LSTM(3, 8), head: new Linear(8, 2) });
await loadPytorch(renamed, bytes, { map: { "fc.weight": "head.weight", "fc.bias": "head.bias" } });

const alone = new LSTM(3, 8, { numLayers: 2 });
const report = await loadPytorch(alone, bytes, { prefix: "rnn.", strict: false });
console.log("left as they were:", report.missing.join(" "));
