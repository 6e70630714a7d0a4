/** Words of the field, for whoever meets them here for the first time. */
export const glossary = {
  "recurrent network":
    "A network that reads a sequence one step at a time and hands what it has worked out so far to its next step.",
  "time step": "One value of the sequence, and the network's work on it.",
  "hidden state":
    "The numbers that the network carries from one step to the next: its memory. One number for each hidden unit.",
  unit: "One number of the hidden state, with the weights that compute it.",
  gate: "A number between 0 and 1 that is multiplied with something: 0 lets nothing through, 1 everything. LSTM and GRU learn when to open and shut theirs.",
  "cell state": "An LSTM's second memory. It is added to rather than written anew, so it fades slowly.",
  weight: "A number that training changes. What a network knows lies in its weights.",
  loss: "How wrong the network is, as one number. Training makes it small.",
  gradient: "For each weight: which way, and how much, the loss changes when the weight grows a little.",
  update: "One correction of all weights, against the gradient of one batch.",
  batch: "The sequences that one update looks at.",
  epoch: "So many updates that every training sequence had its turn once.",
  rate: "Learning rate: how far one update moves the weights.",
  RMSE: "Root mean squared error: the typical distance between prediction and truth, in the units of the series. Each distance is squared, the mean is taken, and the root of that.",
  "cross-entropy":
    "The loss of guessed probabilities: −ln of the one that was given to what came true. 0 would be certain and right.",
  "training data": "What the weights are fitted to.",
  "test data": "What training never sees. A small loss here means that something was learned, not learned by heart.",
  "teacher-forced": "Each prediction is made from the true values before it.",
  "free-running": "Each prediction is made from the network's own predictions before it, so that errors add up.",
  logits: "One number for each class, before they become probabilities.",
  token: "What a text is cut into; here, one letter.",
} as const;

export type GlossaryWord = keyof typeof glossary;

export const isGlossaryWord = (word: string): word is GlossaryWord => Object.hasOwn(glossary, word);
