import type { GraphBinding, GraphValue, ScanNode } from "@unrolled/backend";
import type { ModelBuilder } from "./builder.js";
import type { Operands } from "./operands.js";
import { bindOutputs } from "./outputs.js";
import { int, ints, subgraph, unshapedInfo } from "./proto.js";

/** Lowers the body's nodes into the builder of a sub-graph. */
export type LowerBody = (body: ModelBuilder) => void;

/** A loop as ONNX's Scan, whose body reads values of the graphs around by their names. Returns the names of the results. */
export function lowerScan(
  b: ModelBuilder,
  { body, reverse, inputs, outputs }: ScanNode,
  operands: Operands,
  lowerBody: LowerBody,
): readonly (string | null)[] {
  const sources = inputs.map((value) => operands.require(value, b.scope).name);
  const bound = (what: string, value: GraphValue): GraphBinding => ({ name: b.claim(`${b.scope}/${what}`), value });
  const states = body.states.map((value, i) => bound(`state_${i}`, value));
  const slices = body.slices.map((value, i) => bound(`slice_${i}`, value));
  const wanted = body.results.flatMap((value, i) => (outputs[body.states.length + i] ? [{ value, i }] : []));
  const next = body.nextStates.map((value, i) => bound(`next_state_${i}`, value));
  const results = wanted.map(({ value, i }) => bound(`result_${i}`, value));

  const inner = b.nested(b.scope);
  for (const { name, value } of [...states, ...slices]) operands.define(value, name);
  lowerBody(inner);
  bindOutputs(inner, operands, [...next, ...results]);
  const infos = (list: readonly GraphBinding[]): ReturnType<typeof unshapedInfo>[] =>
    list.map(({ name, value }) => unshapedInfo(name, value.dtype));
  const graph = inner.toGraph(b.claim(`${b.scope}/body`), infos([...states, ...slices]), infos([...next, ...results]));

  const attributes = [subgraph("body", graph), int("num_scan_inputs", slices.length)];
  if (reverse) {
    attributes.push(ints("scan_input_directions", new Array<number>(slices.length).fill(1)));
    if (results.length > 0) attributes.push(ints("scan_output_directions", new Array<number>(results.length).fill(1)));
  }
  const made = b.emit(
    "Scan",
    sources,
    attributes,
    [...next, ...results].map(() => true),
  );
  const names: (string | null)[] = outputs.map((value, i) => (value && i < states.length ? made[i] : null));
  wanted.forEach(({ i }, k) => {
    names[states.length + i] = made[states.length + k];
  });
  return names;
}
