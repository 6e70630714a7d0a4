import { Linear, loadPytorch, ModuleDict, StateDictError, saveStateDict } from "unrolled";

const bytes = await saveStateDict(new ModuleDict({ head: new Linear(2, 1), extra: new Linear(1, 1) }));
try {
  await loadPytorch(new ModuleDict({ head: new Linear(3, 1), tail: new Linear(1, 1) }), bytes);
} catch (error) {
  if (!(error instanceof StateDictError)) throw error;
  console.log(error.message.replace(`; ${error.remedy}`, `\n  ${error.remedy}`));
  console.log(error.missing, error.unexpected, error.misshaped);
}
