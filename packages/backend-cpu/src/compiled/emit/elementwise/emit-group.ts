import { bytesPerElement, type DType, stridesOf } from "@unrolled/backend";
import type { BoundOp } from "../../bind/bound.js";
import type { Value } from "../../bind/value.js";
import { type Address, at, behind, type Code } from "../../encode/code.js";
import type { Piece } from "../../plan/piece.js";
import type { Emission } from "../emission.js";
import type { Uses } from "../uses.js";
import { type Group, type Operand, operandsOf } from "./group.js";
import { byOneLane, operations } from "./operations.js";
import { type Walk, walkOver } from "./walk.js";

/** Up to this many times nodes, points are written out one after the other. */
const mostUnrolled = 96;
const lanes = 4;

/** Something that a loop reads or writes at every point. */
interface Port extends Operand {
  readonly bytes: number;
}

interface Loop {
  readonly nodes: readonly BoundOp[];
  readonly inputs: readonly (readonly (Port | null)[])[];
  /** What is read from memory, each once. */
  readonly reads: readonly Port[];
  readonly writes: readonly Port[];
  readonly walk: Walk;
  readonly scalar: boolean;
}

/** One loop nest for a group; what is not read elsewhere stays in registers. */
export function groupPiece(group: Group, uses: Uses): Piece {
  const nodes = new Set<object>(group.nodes);
  const made = new Set<Value>(group.nodes.flatMap(({ outputs }) => outputs.filter((value) => value !== null)));
  const written = [...made].filter((value) => uses.outside(value, nodes));
  const loop = loopOf(group, made, written);
  const reads = [...new Set(loop.reads.map(({ value }) => value))];
  const output = stridesOf(group.shape).join();
  const inPlace = reads.filter(
    (value) =>
      value.offset === 0 &&
      loop.reads.every((port) => port.value.root !== value.root || (port.value === value && isWhole(port, output))),
  );
  return {
    kind: "piece",
    reads,
    writes: written,
    inPlace: new Set(loop.walk.sizes.length === 1 ? inPlace : []),
    mayRaise: false,
    emit: (emission) => new GroupEmitter(loop, emission).emit(),
  };
}

function isWhole({ offset, strides, value }: Port, output: string): boolean {
  return offset === 0 && (strides.join() === output || value.length === 1);
}

function loopOf(group: Group, made: ReadonlySet<Value>, written: readonly Value[]): Loop {
  const { shape, nodes } = group;
  const known = new Map<string, Port>();
  const numbers = new Map<Value, number>();
  const inputs = nodes.map((node) =>
    operandsOf(node, shape).map((operand) => {
      if (operand === null) return null;
      const { value, strides, offset } = operand;
      if (!numbers.has(value)) numbers.set(value, numbers.size);
      const key = `${numbers.get(value)}:${offset}:${strides.join()}`;
      const port = known.get(key) ?? { ...operand, bytes: bytesPerElement(operand.dtype) };
      known.set(key, port);
      return port;
    }),
  );
  const reads = [...known.values()].filter(({ value }) => !made.has(value));
  const writes = written.map(
    (value): Port => ({
      value,
      dtype: value.dtype,
      offset: 0,
      strides: stridesOf(shape),
      bytes: bytesPerElement(value.dtype),
    }),
  );
  const walk = walkOver(
    shape,
    [...reads, ...writes].map(({ strides }) => strides),
  );
  return { nodes, inputs, reads, writes, walk, scalar: nodes.some(({ op }) => byOneLane.has(op)) };
}

function isBackward(steps: readonly number[]): boolean {
  return steps.some((step) => step < 0);
}

class GroupEmitter {
  readonly #loop: Loop;
  readonly #emission: Emission;
  readonly #code: Code;
  /** Operands of one element, in every lane of a local. */
  readonly #uniform = new Map<Port, number>();
  /** Offsets in bytes, by the steps that they share. */
  readonly #pointers = new Map<string, { readonly local: number; readonly steps: readonly number[] }>();

  constructor(loop: Loop, emission: Emission) {
    this.#loop = loop;
    this.#emission = emission;
    this.#code = emission.code;
  }

  emit(): void {
    const { walk, reads, nodes } = this.#loop;
    const points = walk.sizes.reduce((a, b) => a * b, 1);
    reads.forEach((port, k) => {
      if (walk.steps[k].every((step) => step === 0)) this.#uniform.set(port, this.#load(port, this.#base(port), 0));
    });
    const inner = walk.sizes.at(-1) as number;
    const isFlat = walk.sizes.length === 1 && this.#isVector();
    const visits = isFlat ? Math.ceil(points / lanes) : points / (this.#isVector() && inner >= lanes ? lanes : 1);
    if (visits * nodes.length <= mostUnrolled) this.#unrolled(isFlat);
    else this.#looped(isFlat);
    this.#code.release(...this.#uniform.values());
  }

  #isVector(): boolean {
    const { walk, scalar } = this.#loop;
    const last = walk.sizes.length - 1;
    return !scalar && walk.steps.every((steps) => steps[last] === 0 || steps[last] === 1);
  }

  #ports(): readonly Port[] {
    return [...this.#loop.reads, ...this.#loop.writes];
  }

  #base({ value, offset, bytes }: Port): Address {
    return behind(this.#emission.address(value), offset * bytes);
  }

  #unrolled(isFlat: boolean): void {
    const { sizes, steps } = this.#loop.walk;
    const ports = this.#ports();
    const inner = sizes.length - 1;
    const run = (index: readonly number[], from: number, width: number): void => {
      this.#point(width, (k) => {
        const elements = index.reduce((sum, i, d) => sum + i * steps[k][d], from * steps[k][inner]);
        return behind(this.#base(ports[k]), elements * ports[k].bytes);
      });
    };
    const rows = (d: number, index: readonly number[]): void => {
      if (d < inner) for (let i = 0; i < sizes[d]; i++) rows(d + 1, [...index, i]);
      else this.#row(sizes[inner], isFlat, (from, width) => run(index, from, width));
    };
    rows(0, []);
  }

  /** Visits a row in vectors, and its rest in single elements; a flat one in vectors alone, into the slack behind it. */
  #row(size: number, isFlat: boolean, visit: (from: number, width: number) => void): void {
    let from = 0;
    if (isFlat && size > 1) for (; from < size; from += lanes) visit(from, lanes);
    if (this.#isVector()) for (; from + lanes <= size; from += lanes) visit(from, lanes);
    for (; from < size; from++) visit(from, 1);
  }

  #looped(isFlat: boolean): void {
    const { walk } = this.#loop;
    const ports = this.#ports();
    ports.forEach((port, k) => {
      const key = this.#pointerKey(k);
      if (this.#uniform.has(port) || this.#pointers.has(key)) return;
      const local = this.#code.local("i32");
      if (isBackward(walk.steps[k])) this.#code.pointer(this.#base(port)).set(local);
      else this.#code.i32(0).set(local);
      this.#pointers.set(key, { local, steps: walk.steps[k].map((step) => step * port.bytes) });
    });
    this.#nest(0, isFlat);
    this.#code.release(...[...this.#pointers.values()].map(({ local }) => local));
  }

  /** An offset must not be negative, so an operand that is walked backwards has a pointer of its own. */
  #pointerKey(k: number): string {
    const steps = this.#loop.walk.steps[k];
    const key = steps.map((step) => step * this.#ports()[k].bytes).join();
    return isBackward(steps) ? `${key} of ${k}` : key;
  }

  #nest(d: number, isFlat: boolean): void {
    const { sizes } = this.#loop.walk;
    const last = sizes.length - 1;
    if (d === last) {
      this.#innerLoop(isFlat);
      return;
    }
    this.#code.loop(sizes[d], 1, () => {
      this.#nest(d + 1, isFlat);
      for (const { local, steps } of this.#pointers.values()) {
        const walked = d + 1 === last ? steps[last] * this.#walkedBy(isFlat) : steps[d + 1] * sizes[d + 1];
        this.#code.advance(local, steps[d] - walked);
      }
    });
  }

  /** Elements that the innermost loop moves pointers on. */
  #walkedBy(isFlat: boolean): number {
    const size = this.#loop.walk.sizes.at(-1) as number;
    return isFlat ? Math.ceil(size / lanes) * lanes : size;
  }

  #innerLoop(isFlat: boolean): void {
    const size = this.#loop.walk.sizes.at(-1) as number;
    const width = this.#isVector() ? lanes : 1;
    const rounds = isFlat ? Math.ceil(size / lanes) : Math.floor(size / width);
    const step = (count: number): void => {
      for (const { local, steps } of this.#pointers.values())
        this.#code.advance(local, (steps.at(-1) as number) * count);
    };
    const visit = (lanesTaken: number): void => this.#point(lanesTaken, (k) => this.#pointed(k));
    if (rounds > 0) {
      this.#code.loop(rounds, 1, () => {
        visit(width);
        step(width);
      });
    }
    for (let rest = rounds * width; rest < size; rest++) {
      visit(1);
      step(1);
    }
  }

  #pointed(k: number): Address {
    const pointer = this.#pointers.get(this.#pointerKey(k));
    if (pointer && isBackward(pointer.steps)) return at(0, pointer.local);
    const base = this.#base(this.#ports()[k]);
    return pointer ? { ...base, local: pointer.local } : base;
  }

  #point(width: number, addressOf: (k: number) => Address): void {
    this.#code.scoped(() => this.#compute(width, addressOf));
  }

  /** All nodes at one place. */
  #compute(width: number, addressOf: (k: number) => Address): void {
    const { nodes, inputs, reads, writes, walk } = this.#loop;
    const last = walk.sizes.length - 1;
    const loaded = new Map<Port, number>();
    const made = new Map<Value, number>();
    const read = (port: Port): number => {
      const known = this.#uniform.get(port) ?? made.get(port.value) ?? loaded.get(port);
      if (known !== undefined) return known;
      const k = reads.indexOf(port);
      const local = this.#load(port, addressOf(k), width === 1 ? null : walk.steps[k][last]);
      loaded.set(port, local);
      return local;
    };
    nodes.forEach((node, i) => {
      const given = inputs[i].map((port) => port && read(port));
      const operation = operations[node.op];
      if (operation === undefined) throw new Error(`no code for ${node.op}`);
      const results = operation(this.#code, given, node.attrs, this.#emission.library, (node.inputs[0] as Value).dtype);
      node.outputs.forEach((value, n) => {
        if (value) made.set(value, results[n]);
      });
    });
    writes.forEach((port, n) => {
      this.#store(port, made.get(port.value) as number, addressOf(reads.length + n), width);
    });
  }

  /** @param step between lanes: 1, or 0 for one element in all of them; null for one lane alone */
  #load(port: Port, address: Address, step: number | null): number {
    const code = this.#code;
    if (port.dtype === "bool") {
      code.load(step === 0 ? "v128.load8_splat" : "v128.load32_zero", address);
      code.simd("i16x8.extend_low_i8x16_u").simd("i32x4.extend_low_i16x8_u").i32x4(0).simd("i32x4.ne");
    } else if (step === null) code.load("v128.load32_zero", address);
    else code.load(step === 0 ? "v128.load32_splat" : "v128.load", address);
    return code.keep("v128");
  }

  #store({ dtype }: { readonly dtype: DType }, local: number, address: Address, width: number): void {
    const code = this.#code;
    code.base(address).get(local);
    if (dtype === "bool") {
      code.i32x4(1).simd("v128.and").set(local);
      code.get(local).get(local).simd("i16x8.narrow_i32x4_u").set(local);
      code
        .get(local)
        .get(local)
        .simd("i8x16.narrow_i16x8_u")
        .storeLane(width === 1 ? 1 : 4, address);
    } else if (width === 1) code.storeLane(4, address);
    else code.store("v128.store", address);
  }
}
