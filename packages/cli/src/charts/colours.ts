import type { WriteStream } from "node:tty";
import { styleText } from "node:util";

export type Colour = "cyan" | "yellow" | "green" | "magenta" | "red" | "blue" | "bold" | "dim";

/** Whether the stream is a terminal with colours. NO_COLOR, however set, switches them off. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR !== undefined || !stream.isTTY) return false;
  return (stream as WriteStream).hasColors();
}

export function paint(colour: Colour, text: string, color: boolean): string {
  return color && text !== "" ? styleText(colour, text, { validateStream: false }) : text;
}
