import {
  ArgumentError,
  type Attrs,
  type Backend,
  type BackwardNode,
  type Capabilities,
  type DType,
  dtypes,
  type FusedKernels,
  type FusedOp,
  GraphError,
  type GraphNode,
  type GraphValue,
  type Meta,
  type Op,
  type OpNode,
  type PrimitiveKernels,
  type ScanNode,
  type Shape,
  type TypedArray,
  table,
  type UpdateKernels,
  type UpdateOp,
} from "@unrolled/backend";
import type { ScanFunction, ScanStep } from "../scan/loop-over.js";
import { traceScan } from "../scan/trace-scan.js";
import type { Tensor } from "../tensor.js";
import { markTracing } from "./tracing-mark.js";

const fusedOps: readonly FusedOp[] = [
  "linear",
  "softmax",
  "logSoftmax",
  "softmaxCrossEntropy",
  "layerNorm",
  "rnnSequence",
  "lstmSequence",
  "gruSequence",
];
const updateOps: readonly UpdateOp[] = ["sgdStep", "adamStep"];

const capabilities: Capabilities = {
  dtypes: new Set(dtypes),
  readSync: false,
  hostMemory: true,
  deterministic: true,
  // Not here, but by the runners that can: what is written for engines that look must be in the graph.
  checksIndices: true,
};

interface Call {
  readonly attrs: object;
  /** The tensors that the op was called with. */
  readonly in: readonly (Meta | null)[];
  readonly out: readonly (Meta | null)[];
}

/** Makes the elements of a host input before each run, in row-major order; a number fills the tensor. */
export type MakeHostData = (shape: Shape) => TypedArray | number;

/** What is known of a host input besides the numbers that it had so far, so that others than this host can make it. */
export interface HostInputRule {
  /**
   * The number in tensor ops, from the number of the run (1, 2, ...) and the learning rate, all float64 and 0-d. Runs count from when
   * it is called: steps before that are counted in.
   */
  readonly fromStep?: (step: Tensor, rate: Tensor) => Tensor;
  /** The learning rate that `fromStep` takes: what it is called, equal for all that take the same one, and what it is now. */
  readonly rate?: { readonly name: string; readonly now: () => number };
  /** Each element is drawn by itself: 1 with this probability, else 0. */
  readonly bernoulli?: number;
}

/** What the host computes anew for each run of a traced graph. */
export interface HostInput extends HostInputRule {
  readonly name: string;
  readonly value: GraphValue;
  readonly make: MakeHostData;
}

/** What is recorded between `openBody` and `close`: nodes, and the tensors of the graph around that they read. */
export interface OpenBody {
  readonly nodes: GraphNode[];
  /** Each tensor with the value that it had, as two tensors may have one value and differ in their gradients. */
  readonly captured: ReadonlyMap<Meta, GraphValue>;
  /** Notes that values are read, where no node reads them. */
  read(values: readonly (GraphValue | null)[], tensors: readonly (Meta | null)[]): void;
  close(): void;
}

interface RecordingBody extends OpenBody {
  readonly made: Set<GraphValue>;
}

export interface TracerOptions {
  /** Keep fused ops and updates as single nodes; else they arrive as primitives. Default true. */
  readonly fused?: boolean;
  /** Let `hostInput` and `afterRun` in, for a caller that serves them on every run. Default false. */
  readonly served?: boolean;
}

/**
 * A backend that computes nothing: its buffers are graph values, and every kernel call becomes a node. Autograd and
 * optimisers run on it unchanged.
 */
export class Tracer implements Backend<GraphValue> {
  readonly contract = "v1";
  readonly name = "trace";
  readonly capabilities: Capabilities = capabilities;
  readonly kernels: PrimitiveKernels<GraphValue>;
  readonly fused?: FusedKernels<GraphValue>;
  readonly updates?: UpdateKernels<GraphValue>;
  readonly constants: Map<GraphValue, TypedArray> = new Map<GraphValue, TypedArray>();
  readonly hostInputs: Map<string, HostInput> = new Map<string, HostInput>();
  /** Called after every run of what was traced, in this order. */
  readonly afterRun: (() => void)[] = [];
  readonly served: boolean;
  /** Whether the function used gradients that an earlier run left. */
  readsLeftovers = false;
  readonly #leftovers = new Set<GraphValue>();
  readonly #claims = new Map<string, object>();
  readonly #outer: GraphNode[] = [];
  readonly #bodies: RecordingBody[] = [];
  /** Values made in bodies that are closed. */
  readonly #inside = new Set<GraphValue>();
  #nextId = 0;

  constructor({ fused = true, served = false }: TracerOptions = {}) {
    this.served = served;
    const kernels: Partial<Record<Op, unknown>> = {};
    for (const op of Object.keys(table) as Op[]) kernels[op] = this.#kernel(op);
    this.kernels = kernels as unknown as PrimitiveKernels<GraphValue>;
    if (fused) {
      const whole: Partial<Record<FusedOp, unknown>> = {};
      for (const op of fusedOps) whole[op] = this.#fusedKernel(op);
      this.fused = whole as FusedKernels<GraphValue>;
      const updates: Partial<Record<UpdateOp, unknown>> = {};
      for (const op of updateOps) updates[op] = kernels[op];
      this.updates = updates as UpdateKernels<GraphValue>;
    }
    markTracing(this);
  }

  /** A loop over the first dimension of sequences, as one node. */
  scan(sequences: readonly Tensor[], states: readonly Tensor[], step: ScanFunction, reverse: boolean): ScanStep {
    return traceScan(this, sequences, states, step, reverse);
  }

  /** The nodes outside of any scan. */
  get nodes(): readonly GraphNode[] {
    return this.#outer;
  }

  /** A new value that no node makes: an input or a constant. */
  value({ shape, dtype }: Meta): GraphValue {
    const value = { id: this.#nextId++, shape, dtype };
    this.#bodies.at(-1)?.made.add(value);
    return value;
  }

  /** From here on nodes go into a scan's body, until its `close`. */
  openBody(): OpenBody {
    const captured = new Map<Meta, GraphValue>();
    const made = new Set<GraphValue>();
    const body: RecordingBody = {
      nodes: [],
      captured,
      made,
      read: (values, tensors) => {
        values.forEach((value, i) => {
          if (value) this.#requireOutside(value);
          if (value && !made.has(value)) captured.set(tensors[i] as Meta, value);
        });
      },
      close: () => {
        this.#bodies.pop();
        for (const value of made) this.#inside.add(value);
      },
    };
    this.#bodies.push(body);
    return body;
  }

  /** Puts a scan, whose body was recorded before, behind the nodes so far. */
  emitScan(node: ScanNode, tensors: readonly Meta[], captured: ReadonlyMap<Meta, GraphValue>): void {
    this.#append(node, [...node.inputs, ...captured.values()], [...tensors, ...captured.keys()]);
  }

  /** A gradient that stands for what an earlier run may have left. What is computed from it may be forgotten, but not leave. */
  leftoverGradient(meta: Meta): GraphValue {
    const value = this.value(meta);
    this.#leftovers.add(value);
    return value;
  }

  /** Raises for a result or state that depends on gradients of an earlier run, or is a value inside the steps of a scan. */
  requireLasting(value: GraphValue): void {
    this.#requireOutside(value);
    if (!this.#leftovers.has(value)) return;
    this.readsLeftovers = true;
    throw new GraphError(
      "trace",
      "gradients of an earlier run are added to or used",
      "call optimizer.zeroGrad() before backward, or use optimizer.step(() => loss); to sum gradients over batches, sum their losses",
    );
  }

  #requireOutside(value: GraphValue): void {
    if (!this.#inside.has(value)) return;
    throw new GraphError(
      "scanSteps",
      "a tensor made in a step is used outside of it",
      "return it from the step, as a state or a result",
    );
  }

  /** An input that the host fills on every run; the same one for the same name. */
  hostInput(name: string, meta: Meta, make: MakeHostData, rule: HostInputRule = {}): GraphValue {
    if (this.#bodies.length > 0) {
      throw new GraphError(
        "scanSteps",
        `${name} is made once a run, and would be the same at every step`,
        "make it before the scan, and pass it as a sequence if the steps differ",
      );
    }
    const known = this.hostInputs.get(name);
    if (known !== undefined) {
      const { shape, dtype } = known.value;
      if (dtype === meta.dtype && shape.join() === meta.shape.join()) return known.value;
      throw new ArgumentError("hostInput", `two host inputs are named ${name}`, "give each a name of its own");
    }
    const value: GraphValue = { id: this.#nextId++, shape: meta.shape, dtype: meta.dtype };
    this.hostInputs.set(name, { ...rule, name, value, make });
    return value;
  }

  /** The name, with a number behind it if another owner has it. */
  claimName(name: string, owner: object): string {
    for (let i = 0; ; i++) {
      const free = i === 0 ? name : `${name}_${i}`;
      if ((this.#claims.get(free) ?? owner) !== owner) continue;
      this.#claims.set(free, owner);
      return free;
    }
  }

  upload(data: TypedArray, shape: Shape, dtype: DType): GraphValue {
    const value: GraphValue = { id: this.#nextId++, shape, dtype };
    this.constants.set(value, data.slice());
    return value;
  }

  read(): Promise<TypedArray> {
    return Promise.reject(
      new GraphError(
        "data",
        "a traced tensor has no elements yet",
        "read the program's outputs, outside the traced function",
      ),
    );
  }

  free(): void {
    // graph values hold no memory of a device
  }

  memory(): { buffers: number; bytes: number } {
    return { buffers: 0, bytes: 0 };
  }

  async sync(): Promise<void> {
    // nothing is queued
  }

  async dispose(): Promise<void> {
    // nothing is held
  }

  #append(node: GraphNode, inputs: readonly (GraphValue | null)[], tensors: readonly (Meta | null)[]): void {
    if (inputs.some((value) => value !== null && this.#leftovers.has(value))) {
      for (const value of node.outputs) if (value) this.#leftovers.add(value);
      return;
    }
    const body = this.#bodies.at(-1);
    if (body !== undefined) {
      body.read(inputs, tensors);
      body.nodes.push(node);
    } else {
      for (const value of inputs) if (value) this.#requireOutside(value);
      this.#outer.push(node);
    }
  }

  #emit(op: Op, inputs: readonly (GraphValue | null)[], { attrs, in: tensors, out }: Call): OpNode {
    const outputs = out.map((meta) => (meta ? this.value(meta) : null));
    const node: OpNode = { kind: "op", op, attrs: attrs as Attrs<Op>, inputs, outputs };
    this.#append(node, inputs, tensors);
    return node;
  }

  #kernel(op: Op): (inputs: readonly (GraphValue | null)[], call: Call) => readonly (GraphValue | null)[] {
    return (inputs, call) => this.#emit(op, inputs, call).outputs;
  }

  /** The reserve of a traced fused op is its node. */
  #fusedKernel(op: FusedOp): object {
    return {
      accepts: () => true,
      forward: (inputs: readonly (GraphValue | null)[], call: Call) => {
        const node = this.#emit(op, inputs, call);
        return { out: node.outputs, reserve: node };
      },
      backward: (
        cotangents: readonly (GraphValue | null)[],
        inputs: readonly (GraphValue | null)[],
        _outputs: readonly GraphValue[],
        forward: OpNode<FusedOp>,
        _call: Call,
        wanted: readonly boolean[],
      ) => {
        const outputs = inputs.map((input, i) => (input && wanted[i] ? this.value(input) : null));
        const node: BackwardNode = { kind: "backward", op, forward, inputs: cotangents, outputs };
        this.#append(node, cotangents, cotangents);
        return outputs;
      },
      release: () => {
        // the node stays in the graph
      },
    };
  }
}
