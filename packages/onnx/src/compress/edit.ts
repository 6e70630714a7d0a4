import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type TensorProto_DataType,
  TensorProtoSchema,
} from "onnx-buf";
import type { ReadModel, Scope } from "./scopes.js";

interface ScopeEdit {
  readonly removed: Set<TensorProto>;
  readonly added: TensorProto[];
  readonly front: NodeProto[];
  readonly replaced: Map<NodeProto, readonly NodeProto[]>;
}

/** Collects changes to the graphs of a model; `apply` makes them. */
export class ModelEdit {
  readonly #model: ReadModel;
  readonly #edits = new Map<Scope, ScopeEdit>();

  constructor(model: ReadModel) {
    this.#model = model;
  }

  claim(wanted: string): string {
    return this.#model.claim(wanted);
  }

  remove(scope: Scope, tensor: TensorProto): void {
    this.#of(scope).removed.add(tensor);
  }

  /** Adds an initialiser; returns its name. */
  add(
    scope: Scope,
    wanted: string,
    dataType: TensorProto_DataType,
    shape: readonly number[],
    rawData: Uint8Array<ArrayBuffer>,
  ): string {
    const name = this.claim(wanted);
    this.#of(scope).added.push(create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType, rawData }));
    return name;
  }

  /** Adds a node in front of all others. */
  before(scope: Scope, node: NodeProto): void {
    this.#of(scope).front.push(node);
  }

  replace(scope: Scope, node: NodeProto, by: readonly NodeProto[]): void {
    this.#of(scope).replaced.set(node, by);
  }

  node(
    opType: string,
    input: readonly string[],
    output: readonly string[],
    attribute: readonly AttributeProto[] = [],
    domain = "",
  ): NodeProto {
    const name = this.claim(`${output[0]}/${opType}`);
    return create(NodeProtoSchema, {
      name,
      opType,
      domain,
      input: [...input],
      output: [...output],
      attribute: [...attribute],
    });
  }

  apply(): void {
    for (const [{ graph }, { removed, added, front, replaced }] of this.#edits) {
      graph.initializer = [...graph.initializer.filter((tensor) => !removed.has(tensor)), ...added];
      graph.node = [...front, ...graph.node.flatMap((node) => replaced.get(node) ?? [node])];
    }
  }

  #of(scope: Scope): ScopeEdit {
    let edit = this.#edits.get(scope);
    if (!edit) {
      edit = { removed: new Set(), added: [], front: [], replaced: new Map() };
      this.#edits.set(scope, edit);
    }
    return edit;
  }
}

/** float32 numbers as the bytes of a file. */
export function float32Bytes(data: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 * data.length));
  data.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return new Uint8Array(view.buffer);
}
