import type { Task } from "../tasks/task.js";

/** What is going on, for each kind of task. Words in braces are explained: {word of the glossary|as it stands here}. */
export const intros: Readonly<Record<Task["group"], readonly string[]>> = {
  Tutorials: [
    "A small {recurrent network} reads a sine, one {time step} after the other, and each time says what comes next. What it needs to remember of earlier steps it keeps in its {hidden state}.",
    "Press Play: every {update} corrects the {weight|weights} a little, and the {loss} falls. The numbers that the tutorial printed stand beside what you get.",
  ],
  Series: [
    "The network reads a stretch of a series and predicts the next value. {training data|The first part} of the series is for training; on {test data|the last part} it is only tested.",
    "Watch two predictions: {teacher-forced}, where it is told the truth at every step, and {free-running}, where it has to live with its own mistakes.",
  ],
  Memory: [
    "What matters stands far apart in the sequence, with noise between. The network has to hold it in its {hidden state} for many {time step|time steps}.",
    "This is where a plain RNN gives up and {gate|gates} show what they are for: try the same task with RNN, LSTM and GRU, and look at the {gradient|gradients} over time.",
  ],
  Text: [
    "The network reads names letter by letter and guesses each next letter: one {logits|logit} for every letter. After each {epoch} it can make up names of its own.",
    "Nobody tells it which letters are vowels. What it has found out lies in its {hidden state}.",
  ],
  "Your own": [
    "Draw a line or bring a file. The network learns {training data|the first part} and is tested on {test data|the rest}.",
    "If the {loss} stays high, give it more {unit|units}, longer sequences or more {update|updates}; if only the test loss stays high, it has learned by heart.",
  ],
};
