import { Adam, crossEntropy, Embedding, Linear, LSTM, Module, manualSeed, noGrad, type Tensor, tensor } from "unrolled";

manualSeed(0);
const texts = ["the cat sat on the mat.", "a dog lay by the door."]; // each ends with a dot
const characters = [...new Set(texts.join(""))];

class CharacterModel extends Module {
  embed = new Embedding(characters.length, 8);
  lstm = new LSTM(8, 20, { batchFirst: true });
  head = new Linear(20, characters.length);
  override forward(ids: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(this.embed.forward(ids))[0]); // [batch, time, characters]
  }
}
const model = new CharacterModel();
const optimizer = new Adam(model.parameters(), { lr: 0.02 });

const idsOf = (text: string): Tensor =>
  tensor([Array.from(text, (character) => characters.indexOf(character))], { dtype: "int32" });
for (let i = 0; i < 150; i++) {
  for (const text of texts) {
    const [x, y] = [idsOf(text.slice(0, -1)), idsOf(text.slice(1))];
    optimizer.step(() => crossEntropy(model.forward(x).swapAxes(1, 2), y)); // classes on axis 1
  }
}

for (const start of ["the cat", "a dog"]) {
  let text = start;
  while (!text.endsWith(".") && text.length < 40) {
    const logits = noGrad(() => model.forward(idsOf(text)).select(1, -1));
    text += characters[logits.argmax(-1).item()];
  }
  console.log(text);
}
