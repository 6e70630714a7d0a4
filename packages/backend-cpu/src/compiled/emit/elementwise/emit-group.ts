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
/** Elements computed together. */
type Width = 1 | 2 | 4;
const loads = { 4: "v128.load", 2: "v128.load64_zero", 1: "v128.load32_zero" } as const;

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
      if (walk.steps[k].every((step) => step === 0))
        this.#uniform.set(port, this.#load(port, this.#base(port), 0, lanes));
    });
    const inner = walk.sizes.at(-1) as number;
    const visits = (points / inner) * this.#strips(inner).length;
    if (visits * nodes.length <= mostUnrolled) this.#unrolled();
    else this.#looped();
    this.#code.release(...this.#uniform.values());
  }

  /** How a row is cut up: vectors, and what is left by two and one, so that no lane computes with what is not its own. */
  #strips(size: number): { readonly from: number; readonly width: Width }[] {
    const { walk, scalar } = this.#loop;
    const last = walk.sizes.length - 1;
    const isVector = !scalar && walk.steps.every((steps) => steps[last] === 0 || steps[last] === 1);
    const strips: { from: number; width: Width }[] = [];
    let from = 0;
    for (const width of isVector ? ([4, 2, 1] as const) : ([1] as const))
      for (; from + width <= size; from += width) strips.push({ from, width });
    return strips;
  }

  #ports(): readonly Port[] {
    return [...this.#loop.reads, ...this.#loop.writes];
  }

  #base({ value, offset, bytes }: Port): Address {
    return behind(this.#emission.address(value), offset * bytes);
  }

  #unrolled(): void {
    const { sizes, steps } = this.#loop.walk;
    const ports = this.#ports();
    const inner = sizes.length - 1;
    const run = (index: readonly number[], from: number, width: Width): void => {
      this.#point(width, (k) => {
        const elements = index.reduce((sum, i, d) => sum + i * steps[k][d], from * steps[k][inner]);
        return behind(this.#base(ports[k]), elements * ports[k].bytes);
      });
    };
    const rows = (d: number, index: readonly number[]): void => {
      if (d < inner) for (let i = 0; i < sizes[d]; i++) rows(d + 1, [...index, i]);
      else for (const { from, width } of this.#strips(sizes[inner])) run(index, from, width);
    };
    rows(0, []);
  }

  #looped(): void {
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
    this.#nest(0);
    this.#code.release(...[...this.#pointers.values()].map(({ local }) => local));
  }

  /** An offset must not be negative, so an operand that is walked backwards has a pointer of its own. */
  #pointerKey(k: number): string {
    const steps = this.#loop.walk.steps[k];
    const key = steps.map((step) => step * this.#ports()[k].bytes).join();
    return isBackward(steps) ? `${key} of ${k}` : key;
  }

  #nest(d: number): void {
    const { sizes } = this.#loop.walk;
    const last = sizes.length - 1;
    if (d === last) {
      this.#innerLoop();
      return;
    }
    this.#code.loop(sizes[d], 1, () => {
      this.#nest(d + 1);
      for (const { local, steps } of this.#pointers.values())
        this.#code.advance(local, steps[d] - steps[d + 1] * sizes[d + 1]);
    });
  }

  #innerLoop(): void {
    const strips = this.#strips(this.#loop.walk.sizes.at(-1) as number);
    const [{ width }] = strips;
    const equal = strips.filter((strip) => strip.width === width).length;
    const visit = (lanesTaken: Width): void => {
      this.#point(lanesTaken, (k) => this.#pointed(k));
      for (const { local, steps } of this.#pointers.values())
        this.#code.advance(local, (steps.at(-1) as number) * lanesTaken);
    };
    this.#code.loop(equal, 1, () => visit(width));
    for (const rest of strips.slice(equal)) visit(rest.width);
  }

  #pointed(k: number): Address {
    const pointer = this.#pointers.get(this.#pointerKey(k));
    if (pointer && isBackward(pointer.steps)) return at(0, pointer.local);
    const base = this.#base(this.#ports()[k]);
    return pointer ? { ...base, local: pointer.local } : base;
  }

  #point(width: Width, addressOf: (k: number) => Address): void {
    this.#code.scoped(() => this.#compute(width, addressOf));
  }

  /** All nodes at one place. */
  #compute(width: Width, addressOf: (k: number) => Address): void {
    const { nodes, inputs, reads, writes, walk } = this.#loop;
    const last = walk.sizes.length - 1;
    const loaded = new Map<Port, number>();
    const made = new Map<Value, number>();
    const read = (port: Port): number => {
      const known = this.#uniform.get(port) ?? made.get(port.value) ?? loaded.get(port);
      if (known !== undefined) return known;
      const k = reads.indexOf(port);
      const local = this.#load(port, addressOf(k), walk.steps[k][last], width);
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

  /** @param step between lanes: 1, or 0 for one element in all of them */
  #load(port: Port, address: Address, step: number, width: Width): number {
    const code = this.#code;
    const isSplat = step === 0 && width > 1;
    if (port.dtype === "bool") {
      code.load(isSplat ? "v128.load8_splat" : "v128.load32_zero", address);
      code.simd("i16x8.extend_low_i8x16_u").simd("i32x4.extend_low_i16x8_u").i32x4(0).simd("i32x4.ne");
    } else code.load(isSplat ? "v128.load32_splat" : loads[width], address);
    return code.keep("v128");
  }

  #store({ dtype }: { readonly dtype: DType }, local: number, address: Address, width: Width): void {
    const code = this.#code;
    code.base(address).get(local);
    if (dtype === "bool") {
      code.i32x4(1).simd("v128.and").set(local);
      code.get(local).get(local).simd("i16x8.narrow_i32x4_u").set(local);
      code.get(local).get(local).simd("i8x16.narrow_i16x8_u").storeLane(width, address);
    } else if (width === 4) code.store("v128.store", address);
    else code.storeLane(width === 2 ? 8 : 4, address);
  }
}
