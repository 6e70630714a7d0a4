import {
  type Backend,
  BackendError,
  bindRunInputs,
  dtypeOf,
  type Graph,
  type HostTensor,
  type Program,
  requireState,
  sameShape,
  type TypedArray,
} from "@unrolled/backend";
import { bindGraph } from "./bind/bind-graph.js";
import type { Value } from "./bind/value.js";
import { HostOps } from "./emit/host.js";
import { Kept } from "./kept.js";
import { roomFor } from "./plan/layout.js";
import { Blocks, type Space } from "./space.js";
import { type Common, type Specialisation, specialise } from "./specialise.js";

type HostRecord = Readonly<Record<string, HostTensor>>;

/** What a program that nobody disposed of leaves behind. */
interface Left {
  readonly blocks: Blocks;
  /** By `hashOf` their inputs' shapes. */
  readonly specialisations: Kept<Ready>;
}

const abandoned: FinalizationRegistry<Left> = new FinalizationRegistry<Left>(discard);

function discard({ blocks, specialisations }: Left): void {
  specialisations.dispose();
  blocks.giveBack();
}

/** A tensor's name, and where its elements are passed. */
interface Port {
  readonly name: string;
  readonly at: number;
  readonly value: Value;
}

interface Ready {
  readonly code: Specialisation;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** A graph in WebAssembly memory, with code for each combination of sizes that it met. */
export class CpuProgram implements Program {
  readonly #graph: Graph;
  readonly #space: Space;
  readonly #common: Common;
  readonly #backend: Backend<TypedArray>;
  readonly #constants: ReadonlyMap<Graph["inputs"][number]["value"], TypedArray>;
  readonly #stateAt: readonly number[];
  /** All states lie in one block, and a copy of them behind it. */
  readonly #stateStart: number;
  readonly #stateBytes: number;
  readonly #left: Left;
  #current: Ready | null = null;
  #disposed = false;

  constructor(graph: Graph, backend: Backend<TypedArray>, space: Space) {
    this.#graph = graph;
    this.#space = space;
    this.#backend = backend;
    this.#constants = new Map([...graph.constants].map(([value, data]) => [value, data.slice()]));
    const blocks = new Blocks(space);
    let bytes = 0;
    const offsets = graph.state.map(({ initial }) => {
      const offset = bytes;
      bytes += roomFor(initial.byteLength);
      return offset;
    });
    this.#stateBytes = bytes;
    this.#stateStart = bytes === 0 ? 0 : blocks.take(2 * bytes);
    this.#stateAt = offsets.map((offset) => this.#stateStart + offset);
    graph.state.forEach(({ initial }, i) => {
      space.write(initial, this.#stateAt[i]);
    });
    const constantAt = new Map<TypedArray, number>();
    for (const data of this.#constants.values()) {
      const at = blocks.take(roomFor(data.byteLength));
      space.write(data, at);
      constantAt.set(data, at);
    }
    this.#common = { host: new HostOps(backend), space, stateAt: this.#stateAt, constantAt };
    this.#left = { blocks, specialisations: new Kept() };
    abandoned.register(this, this.#left, this);
  }

  async run(inputs: HostRecord): Promise<Record<string, HostTensor>> {
    return this.runSync(inputs);
  }

  runSync(inputs: HostRecord): Record<string, HostTensor> {
    this.#refuseDisposed("run");
    const current = this.#current;
    const ready = current !== null && fits(current.inputs, inputs) ? current : this.#readyFor(inputs);
    const space = this.#space;
    const ports = ready.inputs;
    for (let i = 0; i < ports.length; i++) space.write(inputs[ports[i].name].data, ports[i].at);
    if (ready.code.mayRaise) this.#runGuarded(ready.code);
    else ready.code.run();
    const outputs: Record<string, HostTensor> = {};
    for (let i = 0; i < ready.outputs.length; i++) {
      const { name, at, value } = ready.outputs[i];
      const { shape, dtype, length } = value;
      outputs[name] = { data: space.read(dtype, at, length), shape, dtype };
    }
    return outputs;
  }

  async readState(): Promise<Record<string, HostTensor>> {
    this.#refuseDisposed("readState");
    return Object.fromEntries(
      this.#graph.state.map(({ name, input, initial }, i): [string, HostTensor] => [
        name,
        {
          data: this.#space.read(input.dtype, this.#stateAt[i], initial.length),
          shape: input.shape,
          dtype: input.dtype,
        },
      ]),
    );
  }

  async writeState(state: HostRecord): Promise<void> {
    this.#refuseDisposed("writeState");
    requireState(this.#graph, state);
    this.#graph.state.forEach(({ name }, i) => {
      this.#space.write(state[name].data, this.#stateAt[i]);
    });
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#current = null;
    abandoned.unregister(this);
    discard(this.#left);
  }

  /** Nothing of a run that raises stays, as states are overwritten on the way. */
  #runGuarded({ run }: Specialisation): void {
    const from = this.#stateStart;
    const bytes = this.#stateBytes;
    this.#space.u8.copyWithin(from + bytes, from, from + bytes);
    try {
      run();
    } catch (error) {
      this.#space.u8.copyWithin(from, from + bytes, from + 2 * bytes);
      throw error;
    } finally {
      this.#common.host.releaseAll();
    }
  }

  #readyFor(inputs: HostRecord): Ready {
    const hash = hashOf(this.#graph.inputs, inputs);
    const known = this.#left.specialisations.find(hash, (one) => fits(one.inputs, inputs));
    const ready = known ?? this.#specialise(inputs, hash);
    this.#current = ready;
    return ready;
  }

  #specialise(inputs: HostRecord, hash: number): Ready {
    const { kernels } = this.#backend;
    const graph = this.#graph;
    const sizes = bindRunInputs(graph, inputs);
    const shapes = graph.inputs.map(({ name }) => inputs[name].shape);
    const bound = bindGraph(graph, { sizes, shapes, constants: this.#constants, kernels });
    const code = specialise(bound, this.#common);
    const ports = (bindings: Graph["inputs"], values: readonly Value[]): Port[] =>
      bindings.map(({ name }, i) => ({ name, at: code.addressOf(values[i]), value: values[i] }));
    const ready: Ready = {
      code,
      inputs: ports(graph.inputs, bound.inputs),
      outputs: ports(graph.outputs, code.outputs),
    };
    this.#left.specialisations.add(hash, ready);
    return ready;
  }

  #refuseDisposed(call: string): void {
    if (this.#disposed) throw new BackendError(call, "the program was disposed of", "prepare the graph again");
  }
}

/** Of the shapes of inputs, which need not fit. */
function hashOf(bindings: Graph["inputs"], inputs: HostRecord): number {
  let hash = 0;
  for (let i = 0; i < bindings.length; i++) {
    const shape = (inputs[bindings[i].name] as HostTensor | undefined)?.shape;
    if (shape) for (let d = 0; d < shape.length; d++) hash = (Math.imul(hash, 31) + shape[d]) | 0;
  }
  return hash;
}

/** Whether inputs are those that code was made for: the quick way past `bindRunInputs`. */
function fits(ports: readonly Port[], inputs: HostRecord): boolean {
  let count = 0;
  for (const _ in inputs) count++;
  if (count !== ports.length) return false;
  for (let i = 0; i < ports.length; i++) {
    const { name, value } = ports[i];
    const given = inputs[name] as HostTensor | undefined;
    if (given === undefined || given.dtype !== value.dtype || given.data.length !== value.length) return false;
    if (!sameShape(given.shape, value.shape) || dtypeOf(given.data) !== value.dtype) return false;
  }
  return true;
}
