import { Bytes } from "./bytes.js";
import {
  type MemoryOp,
  memory,
  type Plain,
  plain,
  type ValueType,
  type Vector,
  valueTypes,
  vector,
} from "./opcodes.js";

/** A place in memory: `offset` bytes behind what a local of type i32 holds, or behind 0. */
export interface Address {
  readonly local: number | null;
  readonly offset: number;
}

export function at(offset: number, local: number | null = null): Address {
  return { local, offset };
}

export function behind(address: Address, bytes: number): Address {
  return { local: address.local, offset: address.offset + bytes };
}

const vectorPrefix = 0xfd;
const blockOfNothing = 0x40;

/** The body of one function. Locals are numbered from 0, parameters first; those given back are used again. */
export class Code {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly #bytes = new Bytes();
  readonly #locals: ValueType[] = [];
  /** Locals that are not given back yet, in the order in which they were taken. */
  readonly #taken: number[] = [];
  readonly #free: { readonly [T in ValueType]: number[] } = { i32: [], f32: [], f64: [], v128: [] };

  constructor(parameters: readonly ValueType[] = [], results: readonly ValueType[] = []) {
    this.parameters = parameters;
    this.results = results;
  }

  /** A local whose contents are undefined. */
  local(type: ValueType): number {
    const known = this.#free[type].pop();
    const local = known ?? this.parameters.length + this.#locals.push(type) - 1;
    this.#taken.push(local);
    return local;
  }

  /** Gives all locals back that `emit` takes and does not give back itself. */
  scoped(emit: () => void): void {
    const before = this.#taken.length;
    emit();
    this.release(...this.#taken.slice(before));
  }

  /** Gives locals back; each must have been taken by `local`. */
  release(...locals: readonly number[]): void {
    for (const local of locals) {
      this.#taken.splice(this.#taken.lastIndexOf(local), 1);
      this.#free[this.#locals[local - this.parameters.length]].push(local);
    }
  }

  get(local: number): this {
    this.#bytes.byte(0x20).u32(local);
    return this;
  }

  set(local: number): this {
    this.#bytes.byte(0x21).u32(local);
    return this;
  }

  tee(local: number): this {
    this.#bytes.byte(0x22).u32(local);
    return this;
  }

  /** Takes the top of the stack into a new local. */
  keep(type: ValueType): number {
    const local = this.local(type);
    this.set(local);
    return local;
  }

  i32(value: number): this {
    this.#bytes.byte(0x41).i32(value);
    return this;
  }

  f32(value: number): this {
    this.#bytes.byte(0x43).f32(value);
    return this;
  }

  f64(value: number): this {
    this.#bytes.byte(0x44).f64(value);
    return this;
  }

  /** Four equal float32. */
  f32x4(value: number): this {
    this.#bytes.byte(vectorPrefix).u32(0x0c);
    for (let lane = 0; lane < 4; lane++) this.#bytes.f32(value);
    return this;
  }

  /** Four equal int32. */
  i32x4(value: number): this {
    return this.i32(value).simd("i32x4.splat");
  }

  op(name: Plain): this {
    this.#bytes.byte(plain[name]);
    return this;
  }

  simd(name: Vector): this {
    this.#bytes.byte(vectorPrefix).u32(vector[name]);
    return this;
  }

  f32x4Lane(lane: number): this {
    this.#bytes.byte(vectorPrefix).u32(0x1f).byte(lane);
    return this;
  }

  f64x2Lane(lane: number): this {
    this.#bytes.byte(vectorPrefix).u32(0x21).byte(lane);
    return this;
  }

  /** Bytes of two vectors picked by number. */
  shuffle(lanes: readonly number[]): this {
    this.#bytes.byte(vectorPrefix).u32(0x0d).bytes(lanes);
    return this;
  }

  call(index: number): this {
    this.#bytes.byte(0x10).u32(index);
    return this;
  }

  load(op: MemoryOp, address: Address): this {
    this.base(address);
    return this.#access(op, address.offset);
  }

  /** What a store needs below the value on the stack. */
  base({ local }: Address): this {
    return local === null ? this.i32(0) : this.get(local);
  }

  /** Stores the top of the stack at an address whose `base` lies below it. */
  store(op: MemoryOp, address: Address): this {
    return this.#access(op, address.offset);
  }

  /** Stores the first bytes of a vector; `base` lies below it. */
  storeLane(bytes: 1 | 2 | 4 | 8, { offset }: Address): this {
    this.#bytes.byte(vectorPrefix).u32({ 1: 0x58, 2: 0x59, 4: 0x5a, 8: 0x5b }[bytes]);
    this.#bytes.byte(0).u32(offset).byte(0);
    return this;
  }

  /** memory.copy of a constant number of bytes. */
  copy(to: Address, from: Address, bytes: number): this {
    this.pointer(to).pointer(from).i32(bytes);
    this.#bytes.byte(0xfc).u32(0x0a).byte(0).byte(0);
    return this;
  }

  /** memory.fill of a constant number of bytes. */
  fill(to: Address, value: number, bytes: number): this {
    this.pointer(to).i32(value).i32(bytes);
    this.#bytes.byte(0xfc).u32(0x0b).byte(0);
    return this;
  }

  /** An address as a number. */
  pointer({ local, offset }: Address): this {
    if (local === null) return this.i32(offset);
    this.get(local);
    return offset === 0 ? this : this.i32(offset).op("i32.add");
  }

  /** Runs `body` once for counter = 0, step, ... below `end`, which must be above 0. */
  loop(end: number, step: number, body: (counter: number) => void): this {
    const counter = this.local("i32");
    this.i32(0).set(counter);
    this.repeat(counter, step, end, () => body(counter));
    this.release(counter);
    return this;
  }

  /** Runs `body`, adds `step` to a local, and again while it is not `end`. */
  repeat(counter: number, step: number, end: number, body: () => void): this {
    this.#bytes.byte(0x03).byte(blockOfNothing);
    body();
    this.get(counter).i32(step).op("i32.add").tee(counter).i32(end).op("i32.ne");
    this.#bytes.byte(0x0d).u32(0).byte(plain.end);
    return this;
  }

  /** Runs `body` if the top of the stack is not 0. */
  when(body: () => void): this {
    this.#bytes.byte(0x04).byte(blockOfNothing);
    body();
    this.#bytes.byte(plain.end);
    return this;
  }

  /** Adds a constant to a local. */
  advance(local: number, by: number): this {
    return by === 0 ? this : this.get(local).i32(by).op("i32.add").set(local);
  }

  /** The function as it stands in the code section. */
  finish(): Bytes {
    const out = new Bytes();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    out.u32(runs.length);
    for (const { type, count } of runs) out.u32(count).byte(valueTypes[type]);
    return out.bytes(this.#bytes.view()).byte(plain.end);
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** `align` 0 is always right, and no engine minds. */
  #access(op: MemoryOp, offset: number): this {
    const [opcode, prefixed] = memory[op];
    if (prefixed) this.#bytes.byte(vectorPrefix).u32(opcode);
    else this.#bytes.byte(opcode);
    this.#bytes.byte(0).u32(offset);
    return this;
  }
}
