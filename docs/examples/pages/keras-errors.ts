import { fromKeras, GRU, type HostTensor, ModuleDict, manualSeed, toKeras, UnrolledError } from "unrolled";

manualSeed(0);
const keras = await toKeras(new ModuleDict({ rnn: new GRU(3, 4) }), { layers: { rnn: "gru" } });

function attempt(
  model: ModuleDict,
  arrays: Readonly<Record<string, HostTensor>>,
  layers: Record<string, string>,
): void {
  try {
    fromKeras(model, arrays, { layers });
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    console.log(`${error.name}: ${error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`)}`);
  }
}
attempt(new ModuleDict({ rnn: new GRU(3, 4) }), keras, { rnn: "gru_1" }); // Keras counts layers up
attempt(new ModuleDict({ rnn: new GRU(3, 4, { resetAfter: false }) }), keras, { rnn: "gru" });
attempt(new ModuleDict({ rnn: new GRU(3, 5) }), keras, { rnn: "gru" });
