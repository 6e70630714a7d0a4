import type { DType } from "@unrolled/backend";
import type { ModelBuilder } from "../../builder.js";
import { int, ints, subgraph, unshapedInfo } from "../../proto.js";

interface Carried {
  readonly name: string;
  readonly dtype: DType;
  readonly outside: string;
}

/** Writes one ONNX Scan: a loop over the first dimension of sequences which carries states and stacks results. */
export class ScanWriter {
  /** Collects the nodes of one step. They may also read names from around the Scan. */
  readonly body: ModelBuilder;
  readonly #builder: ModelBuilder;
  readonly #states: Carried[] = [];
  readonly #sequences: Carried[] = [];

  constructor(builder: ModelBuilder, scope: string) {
    this.#builder = builder;
    this.body = builder.nested(scope);
  }

  #carry(list: Carried[], label: string, outside: string, dtype: DType): string {
    const name = this.body.claim(`${this.body.scope}/${label}`);
    list.push({ name, dtype, outside });
    return name;
  }

  /** A tensor carried from step to step; returns its name before the step. */
  state(label: string, initial: string, dtype: DType): string {
    return this.#carry(this.#states, label, initial, dtype);
  }

  /** A sequence, of which each step reads one slice; returns the slice's name. */
  slice(label: string, sequence: string, dtype: DType): string {
    return this.#carry(this.#sequences, label, sequence, dtype);
  }

  /**
   * Adds the Scan. `next` are the states after a step and `results` what is stacked, all of them made by nodes of the body.
   *
   * @param reverse from the last slice to the first; results stand where their slices stood
   */
  write(
    next: readonly string[],
    results: readonly string[],
    dtype: DType,
    reverse: boolean,
  ): { last: readonly string[]; stacked: readonly string[] } {
    const info = ({ name, dtype }: Carried) => unshapedInfo(name, dtype);
    const inputs = [...this.#states, ...this.#sequences];
    const outputs = [
      ...next.map((name, i) => unshapedInfo(name, this.#states[i].dtype)),
      ...results.map((name) => unshapedInfo(name, dtype)),
    ];
    const attributes = [
      subgraph("body", this.body.toGraph(this.body.scope, inputs.map(info), outputs)),
      int("num_scan_inputs", this.#sequences.length),
    ];
    if (reverse) {
      attributes.push(
        ints(
          "scan_input_directions",
          this.#sequences.map(() => 1),
        ),
      );
      if (results.length > 0)
        attributes.push(
          ints(
            "scan_output_directions",
            results.map(() => 1),
          ),
        );
    }
    const made = this.#builder.emit(
      "Scan",
      inputs.map(({ outside }) => outside),
      attributes,
      outputs.map(() => true),
    );
    return { last: made.slice(0, next.length), stacked: made.slice(next.length) };
  }
}
