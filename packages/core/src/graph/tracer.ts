import {
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
  type Shape,
  type TypedArray,
  table,
  type UpdateKernels,
  type UpdateOp,
} from "@unrolled/backend";
import { markTracing } from "./tracing-mark.js";

const fusedOps: readonly FusedOp[] = ["linear", "rnnSequence", "lstmSequence", "gruSequence"];
const updateOps: readonly UpdateOp[] = ["sgdStep", "adamStep"];

const capabilities: Capabilities = {
  dtypes: new Set(dtypes),
  readSync: false,
  hostMemory: true,
  deterministic: true,
  checksIndices: false,
};

interface Call {
  readonly attrs: object;
  readonly out: readonly (Meta | null)[];
}

export interface TracerOptions {
  /** Keep fused ops and updates as single nodes; else they arrive as primitives. Default true. */
  readonly fused?: boolean;
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
  readonly nodes: GraphNode[] = [];
  readonly constants: Map<GraphValue, TypedArray> = new Map<GraphValue, TypedArray>();
  #nextId = 0;

  constructor({ fused = true }: TracerOptions = {}) {
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

  /** A new value that no node makes: an input or a constant. */
  value({ shape, dtype }: Meta): GraphValue {
    return { id: this.#nextId++, shape, dtype };
  }

  upload(data: TypedArray, shape: Shape, dtype: DType): GraphValue {
    const value = this.value({ shape, dtype });
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

  #emit(op: Op, attrs: object, inputs: readonly (GraphValue | null)[], out: readonly (Meta | null)[]): OpNode {
    const outputs = out.map((meta) => (meta ? this.value(meta) : null));
    const node: OpNode = { kind: "op", op, attrs: attrs as Attrs<Op>, inputs, outputs };
    this.nodes.push(node);
    return node;
  }

  #kernel(op: Op): (inputs: readonly (GraphValue | null)[], call: Call) => readonly (GraphValue | null)[] {
    return (inputs, { attrs, out }) => this.#emit(op, attrs, inputs, out).outputs;
  }

  /** The reserve of a traced fused op is its node. */
  #fusedKernel(op: FusedOp): object {
    return {
      accepts: () => true,
      forward: (inputs: readonly (GraphValue | null)[], { attrs, out }: Call) => {
        const node = this.#emit(op, attrs, inputs, out);
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
        this.nodes.push(node);
        return outputs;
      },
      release: () => {
        // the node stays in the graph
      },
    };
  }
}
