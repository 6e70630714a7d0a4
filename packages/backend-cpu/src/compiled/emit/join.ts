import { type Attrs, bytesPerElement, sizeOf } from "@unrolled/backend";
import type { BoundOp, Values } from "../bind/bound.js";
import type { Value } from "../bind/value.js";
import { type Address, behind, type Code } from "../encode/code.js";
import type { Piece } from "../plan/piece.js";
import { emitCopy } from "./copy.js";

const mostUnrolled = 8;

/** Copies `rows` runs of `bytes`. */
function emitRows(
  code: Code,
  to: Address,
  toStep: number,
  from: Address,
  fromStep: number,
  bytes: number,
  rows: number,
): void {
  if (rows <= mostUnrolled) {
    for (let r = 0; r < rows; r++) emitCopy(code, behind(to, r * toStep), behind(from, r * fromStep), bytes);
    return;
  }
  const target = code.local("i32");
  const source = code.local("i32");
  code.pointer(to).set(target).pointer(from).set(source);
  code.loop(rows, 1, () => {
    emitCopy(code, { local: target, offset: 0 }, { local: source, offset: 0 }, bytes);
    code.advance(target, toStep).advance(source, fromStep);
  });
  code.release(target, source);
}

export function concatPiece(node: BoundOp): Piece | null {
  const [out] = node.outputs;
  const inputs = (node.inputs as readonly Value[]).filter(({ length }) => length > 0);
  if (!out || out.length === 0) return null;
  const { axis } = node.attrs as Attrs<"concat">;
  const outer = sizeOf(out.shape.slice(0, axis));
  const row = out.bytes / outer;
  return {
    kind: "piece",
    reads: inputs,
    writes: [out],
    mayRaise: false,
    emit: ({ code, address }) => {
      let column = 0;
      for (const x of inputs) {
        const run = x.bytes / outer;
        emitRows(code, behind(address(out), column), row, address(x), run, run, outer);
        column += run;
      }
    },
  };
}

/** Zeros around one dimension. */
export function padPiece(node: BoundOp): Piece | null {
  const [x] = node.inputs as readonly Value[];
  const [out] = node.outputs;
  const { before, after, value } = node.attrs as Attrs<"pad">;
  const padded = before.flatMap((_, d) => (before[d] + after[d] > 0 ? [d] : []));
  if (!out || x.length === 0 || padded.length !== 1 || !Object.is(value, 0)) return null;
  const [axis] = padded;
  const outer = sizeOf(x.shape.slice(0, axis));
  const inner = sizeOf(x.shape.slice(axis + 1)) * bytesPerElement(x.dtype);
  return {
    kind: "piece",
    reads: [x],
    writes: [out],
    mayRaise: false,
    emit: ({ code, address }) => {
      emitZeros(code, address(out), out.bytes);
      const [from, to] = [x.shape[axis] * inner, out.shape[axis] * inner];
      emitRows(code, behind(address(out), before[axis] * inner), to, address(x), from, from, outer);
    },
  };
}

/** Gradients of what has no cotangent. */
export function zerosPiece(outputs: Values): Piece {
  const writes = outputs.filter((value) => value !== null);
  return {
    kind: "piece",
    reads: [],
    writes,
    mayRaise: false,
    emit: ({ code, address }) => {
      for (const value of writes) emitZeros(code, address(value), value.bytes);
    },
  };
}

/** May write zeros into the slack behind. */
function emitZeros(code: Code, to: Address, bytes: number): void {
  if (bytes > 256) {
    code.fill(to, 0, bytes);
    return;
  }
  for (let done = 0; done < bytes; done += 16) {
    const target = behind(to, done);
    code.base(target).f32x4(0).store("v128.store", target);
  }
}
