import { Adam, Linear, LSTM, manualSeed, StandardScaler, UnrolledError } from "unrolled";

function refused(attempt: () => unknown): void {
  try {
    attempt();
    console.log("accepted");
  } catch (error) {
    if (!UnrolledError.is(error)) throw error;
    console.log(`${error.name}: ${error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`)}`);
  }
}

manualSeed(0);
refused(() => new LSTM(3, 8, JSON.parse('{ "num_layers": 2 }'))); // as JavaScript lets it pass
refused(() => new LSTM(3, 8, { dropout: 0.2 }));
refused(() => new Adam(new Linear(2, 1).parameters(), { lr: -1 }));
refused(() => new StandardScaler().transform([1, 2]));
