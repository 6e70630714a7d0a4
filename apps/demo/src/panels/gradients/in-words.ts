import { short } from "../../ui/numbers.js";

/** From a tenth to ten times over a whole sequence the gradient is called steady; a thousandfold is called strong. */
const [steady, strong] = [10, 1000];

/** What the ratio of the first norm to the last says, in plain words; `learns`: whether training depends on it. */
export function flowInWords(norms: ArrayLike<number>, learns: boolean): string {
  const [first, last] = [norms[0], norms[norms.length - 1]];
  if (norms.length < 2) return "One step alone: there is no way back to travel.";
  if (![first, last].every(Number.isFinite)) return "A gradient is no finite number any more: it has exploded.";
  if (last === 0)
    return "The gradient is 0 at the last step already: this answer is right to the digit, or a unit is saturated.";
  if (first === 0)
    return "Nothing at all arrives at the first step: the gradient is below the smallest number of 32 bits. It has vanished.";
  const ratio = first / last;
  const told = `The norm at the first step is ${short(ratio, 3)} times that at the last`;
  const so = (conclusion: string): string => (learns ? ` ${conclusion}` : "");
  if (ratio < 1 / strong)
    return `${told}: the gradient vanishes on the way.${so("With these weights, what came early can hardly be learned from.")}`;
  if (ratio < 1 / steady)
    return `${told}: it fades on the way.${so("With these weights, what came early is learned from slowly.")}`;
  if (ratio > strong) return `${told}: the gradient explodes on the way.${so("A clip keeps such updates small.")}`;
  if (ratio > steady) return `${told}: it grows on the way.`;
  return `${told}: it neither fades nor grows by more than ${steady} times.${so("What came early can be learned from.")}`;
}
