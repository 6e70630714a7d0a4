import { type DType, dtypes, type Graph, type HostTensor, type Meta, UnrolledError } from "@unrolled/backend";
import type { Place } from "../assert/compare.js";
import { ConformanceError } from "../assert/conformance-error.js";
import { precisionOf, type Tolerance, toleranceOf } from "../assert/tolerance.js";
import { type BackwardCall, backwardCalls, prepareGradients } from "../cases/fused-backward.js";
import { dtypeOfFused, type FusedCall } from "../cases/fused-calls.js";
import { forwardCalls, fusedReference } from "../cases/fused-forward.js";
import { dtypeOfCase, missingFrom, type OpCase, referenceOf } from "../cases/op-case.js";
import { primitiveCases } from "../cases/primitives.js";
import { floats } from "../cases/shapes.js";
import { type UpdateCall, updateCalls } from "../cases/updates.js";
import { inferErased } from "../erased.js";
import { tensor, vector } from "../host.js";
import type { ErasedReference } from "../reference/central-differences.js";
import { updateReferences } from "../reference/updates.js";
import { valuesOf } from "../reference/values.js";
import { GraphBuilder } from "./graph-builder.js";
import { checkRun, type HostRecord, type Wanted, withProgram } from "./programs.js";
import type { RunnerCase, RunnerContext } from "./runner-case.js";

type Hosts = readonly (HostTensor | null)[];
type ErasedOutputs = readonly (ArrayLike<number> | null)[];
type Op = RunnerCase["op"];

interface OneNode {
  readonly graph: Graph;
  readonly inputs: HostRecord;
}

/** Feeds: `in0`, `in1`, ... */
function feeds(prefix: string, hosts: Hosts): Record<string, HostTensor> {
  return Object.fromEntries(hosts.flatMap((x, i) => (x ? [[`${prefix}${i}`, x]] : [])));
}

function oneNode(op: OpCase["op"] | FusedCall["op"] | UpdateCall["op"], hosts: Hosts, attrs: object): OneNode {
  const g = new GraphBuilder();
  const inputs = hosts.map((x, i) => x && g.input(`in${i}`, x.shape, x.dtype));
  const { outputs } = g.node(op, inputs, attrs as Readonly<Record<string, unknown>>);
  for (const [i, value] of outputs.entries()) if (value) g.output(`out${i}`, value);
  return { graph: g.build(op), inputs: feeds("in", hosts) };
}

function wantedOf(
  prefix: string,
  metas: readonly (Meta | null)[],
  values: ErasedOutputs,
  toleranceFor: (meta: Meta) => Tolerance,
): Record<string, Wanted> {
  return Object.fromEntries(
    metas.flatMap((meta, i) => {
      const expected = values[i];
      return meta && expected
        ? [[`${prefix}${i}`, { meta, values: expected, tolerance: toleranceFor(meta) }] as const]
        : [];
    }),
  );
}

function runnerCase(
  op: Op,
  name: string,
  dtype: DType,
  inapplicable: (context: RunnerContext) => string | null,
  run: (context: RunnerContext, place: Place) => Promise<void>,
): RunnerCase {
  const place = { op, case: name };
  return { name, op, dtype, inapplicable, run: (context) => run(context, place) };
}

function primitiveCase(c: OpCase): RunnerCase {
  const hosts = c.inputs as readonly HostTensor[];
  return runnerCase(
    c.op,
    `${c.op} ${c.label}`,
    dtypeOfCase(c),
    ({ dtypes, outOfRange }) => {
      if (c.checksIndices === false && outOfRange === "refused") return "it refuses indices out of range";
      return missingFrom(dtypes, [...hosts, ...inferErased(c.op, hosts, c.attrs)]);
    },
    async (context, place) => {
      const { graph, inputs } = oneNode(c.op, hosts, c.attrs);
      const wanted = wantedOf("out", inferErased(c.op, hosts, c.attrs), [c.expected ?? referenceOf(c)], (meta) =>
        toleranceOf(meta.dtype, precisionOf[c.op], c.terms),
      );
      await withProgram(context, place, graph, (program) => checkRun(place, program, inputs, wanted));
    },
  );
}

function wholeCase(
  title: string,
  c: FusedCall | UpdateCall,
  reference: ErasedReference,
  precision: "sequence" | "accumulated",
): RunnerCase {
  const hosts = c.inputs as Hosts;
  return runnerCase(
    c.op,
    title,
    (hosts[0] as HostTensor).dtype,
    ({ dtypes }) => missingFrom(dtypes, hosts),
    async (context, place) => {
      const { graph, inputs } = oneNode(c.op, hosts, c.attrs);
      const values = reference(
        hosts.map((x) => x && valuesOf(x)),
        c.attrs,
      );
      const wanted = wantedOf("out", inferErased(c.op, hosts, c.attrs), values, (meta) =>
        toleranceOf(meta.dtype, precision),
      );
      await withProgram(context, place, graph, (program) => checkRun(place, program, inputs, wanted));
    },
  );
}

/** A forward node and its gradient in one graph; the forward pass's outputs come out too where all is asked for. */
function pairCase({ call, request }: BackwardCall): RunnerCase {
  const hosts = call.inputs as Hosts;
  return runnerCase(
    call.op,
    `${call.op} backward ${call.label}${request.label}`,
    dtypeOfFused(call),
    ({ dtypes }) => missingFrom(dtypes, hosts),
    async (context, place) => {
      const { cotangents, wanted, expected, terms } = prepareGradients(call, request, place);
      const g = new GraphBuilder();
      const inputs = hosts.map((x, i) => x && g.input(`in${i}`, x.shape, x.dtype));
      const forward = g.node(call.op, inputs, call.attrs as Readonly<Record<string, unknown>>);
      const received = cotangents.map((x, i) => x && g.input(`cotangent${i}`, x.shape, x.dtype));
      const gradients = g.backward(forward, received, wanted);
      for (const [i, value] of gradients.entries()) if (value) g.output(`gradient${i}`, value);
      const results = wantedOf("gradient", gradients, expected, (meta) => toleranceOf(meta.dtype, "gradient", terms));
      if (request.label === "") {
        for (const [i, value] of forward.outputs.entries()) if (value) g.output(`out${i}`, value);
        const values = fusedReference(call.op)(
          hosts.map((x) => x && valuesOf(x)),
          call.attrs,
        );
        Object.assign(
          results,
          wantedOf("out", forward.outputs, values, (meta) => toleranceOf(meta.dtype, "sequence")),
        );
      }
      const given = { ...feeds("in", hosts), ...feeds("cotangent", cotangents) };
      await withProgram(context, place, g.build(call.op), (program) => checkRun(place, program, given, results));
    },
  );
}

function refusedCase(op: "gather" | "scatterAdd", index: number): RunnerCase {
  const base = tensor("float32", [2, 2], [1, 2, 3, 4]);
  const hosts = [base, vector("int32", [0, index]), ...(op === "scatterAdd" ? [base] : [])];
  return runnerCase(
    op,
    `${op} refuses the index ${index} of 2`,
    "float32",
    ({ dtypes, outOfRange }) => (outOfRange === "zeros" ? "it does not look at indices" : missingFrom(dtypes, hosts)),
    async (context, place) => {
      const { graph, inputs } = oneNode(op, hosts, { axis: 0 });
      await withProgram(context, place, graph, async (program) => {
        let raised: unknown;
        try {
          await program.run(inputs);
        } catch (error) {
          raised = error;
        }
        if (UnrolledError.is(raised)) return;
        const problem = `the index ${index}: ${raised === undefined ? "nothing is raised" : `got ${String(raised)}`}`;
        throw new ConformanceError({ ...place, check: "raises", problem, expected: "UnrolledError", actual: raised });
      });
    },
  );
}

/** Every op of the table, each call in a graph of its own. */
export function runnerOpCases(): RunnerCase[] {
  const indices = [2, -1, 2147483647];
  return [
    ...Object.values(primitiveCases).flatMap((cases) => cases().map((c) => primitiveCase(c as OpCase))),
    ...indices.flatMap((index) => [refusedCase("gather", index), refusedCase("scatterAdd", index)]),
    ...floats.flatMap((dtype) => [
      ...forwardCalls(dtype).map((c) => wholeCase(`${c.op} forward ${c.label}`, c, fusedReference(c.op), "sequence")),
      ...backwardCalls(dtype).map(pairCase),
      ...updateCalls(dtype).map((c) =>
        wholeCase(`${c.op} ${c.label}`, c, updateReferences[c.op] as unknown as ErasedReference, "accumulated"),
      ),
    ]),
  ];
}

export const allDTypes: ReadonlySet<DType> = new Set(dtypes);
