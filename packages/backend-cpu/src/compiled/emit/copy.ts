import { type Address, behind, type Code } from "../encode/code.js";

const unrolledBytes = 256;

/** Copies exactly this many bytes. */
export function emitCopy(code: Code, to: Address, from: Address, bytes: number): void {
  if (bytes > unrolledBytes) {
    code.copy(to, from, bytes);
    return;
  }
  let done = 0;
  const move = (
    load: "v128.load" | "i32.load" | "i32.load8_u",
    store: "v128.store" | "i32.store" | "i32.store8",
  ): void => {
    const target = behind(to, done);
    code.base(target).load(load, behind(from, done)).store(store, target);
  };
  for (; done + 16 <= bytes; done += 16) move("v128.load", "v128.store");
  for (; done + 4 <= bytes; done += 4) move("i32.load", "i32.store");
  for (; done < bytes; done++) move("i32.load8_u", "i32.store8");
}
