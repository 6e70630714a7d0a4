import { type Attrs, bytesPerElement, sizeOf, type TypedArray } from "@unrolled/backend";
import { checkIndices } from "../../indexing.js";
import type { BoundOp } from "../bind/bound.js";
import type { Value } from "../bind/value.js";
import { type Address, at, type Code } from "../encode/code.js";
import type { Piece } from "../plan/piece.js";
import { emitCopy } from "./copy.js";
import type { Emission } from "./emission.js";

const mostOuter = 4;

/** x [outer, size, inner] with `count` indices of the middle dimension. */
interface Picks {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly count: number;
}

function picksOf(x: Value, indices: Value, axis: number): Picks {
  return {
    outer: sizeOf(x.shape.slice(0, axis)),
    size: x.shape[axis],
    inner: sizeOf(x.shape.slice(axis + 1)),
    count: indices.length,
  };
}

function fits(picks: Picks, x: Value): boolean {
  const { outer, size, inner, count } = picks;
  return x.dtype === "float32" && outer <= mostOuter && size * inner * count > 0;
}

/** Looks at all indices before anything is written; the plain check raises. */
function emitCheck(
  { code, address, callHost, view }: Emission,
  node: BoundOp,
  indices: Value,
  { size, count }: Picks,
): void {
  const { axis } = node.attrs as Attrs<"gather">;
  const elements = view(indices);
  const base = address(indices);
  const bad = code.local("i32");
  const pointer = code.local("i32");
  code.i32(0).set(bad).pointer(base).set(pointer);
  code.loop(count, 1, () => {
    code.load("i32.load", at(0, pointer)).i32(size).op("i32.ge_u").get(bad).op("i32.or").set(bad);
    code.advance(pointer, 4);
  });
  code.get(bad).when(() => {
    callHost(() => {
      checkIndices(node.op, elements() as TypedArray, (node.inputs[0] as Value).shape, axis);
    });
  });
  code.release(bad, pointer);
}

/** Runs `body` for each index, with the address of its row of x and a local that moves on by one row. */
function emitRows(
  code: Code,
  picks: Picks,
  indices: Address,
  x: Address,
  other: Address,
  body: (row: Address, other: Address) => void,
): void {
  const { outer, size, inner, count } = picks;
  const bytes = inner * bytesPerElement("float32");
  const [index, row, pointer] = [code.local("i32"), code.local("i32"), code.local("i32")];
  code.pointer(other).set(pointer);
  for (let o = 0; o < outer; o++) {
    code.pointer(indices).set(index);
    code.loop(count, 1, () => {
      code.load("i32.load", at(0, index)).i32(bytes).op("i32.mul").pointer(x).op("i32.add").set(row);
      body(at(o * size * bytes, row), at(0, pointer));
      code.advance(index, 4).advance(pointer, bytes);
    });
  }
  code.release(index, row, pointer);
}

export function gatherPiece(node: BoundOp): Piece | null {
  const [x, indices] = node.inputs as readonly Value[];
  const [out] = node.outputs;
  const picks = picksOf(x, indices, (node.attrs as Attrs<"gather">).axis);
  if (!out || !fits(picks, x)) return null;
  return {
    kind: "piece",
    reads: [x, indices],
    writes: [out],
    mayRaise: true,
    emit: (emission) => {
      const { code, address } = emission;
      emitCheck(emission, node, indices, picks);
      emitRows(code, picks, address(indices), address(x), address(out), (from, to) =>
        emitCopy(code, to, from, picks.inner * 4),
      );
    },
  };
}

export function scatterAddPiece(node: BoundOp): Piece | null {
  const [base, indices, updates] = node.inputs as readonly Value[];
  const [out] = node.outputs;
  const picks = picksOf(base, indices, (node.attrs as Attrs<"scatterAdd">).axis);
  if (!out || !fits(picks, base)) return null;
  return {
    kind: "piece",
    reads: [base, indices, updates],
    writes: [out],
    mayRaise: true,
    emit: (emission) => {
      const { code, address } = emission;
      emitCheck(emission, node, indices, picks);
      emitCopy(code, address(out), address(base), base.bytes);
      emitRows(code, picks, address(indices), address(out), address(updates), (row, from) =>
        emitAdd(code, row, from, picks.inner),
      );
    },
  };
}

/** row += from, both pointers in locals, exactly `n` elements. */
function emitAdd(code: Code, row: Address, from: Address, n: number): void {
  const vectors = Math.floor(n / 4);
  const [to, source] = [code.local("i32"), code.local("i32")];
  code.pointer(row).set(to).pointer(from).set(source);
  if (vectors > 0) {
    code.loop(vectors, 1, () => {
      code.get(to).load("v128.load", at(0, to)).load("v128.load", at(0, source));
      code.simd("f32x4.add").store("v128.store", at(0));
      code.advance(to, 16).advance(source, 16);
    });
  }
  for (let i = 0; i < n % 4; i++) {
    code
      .get(to)
      .load("f32.load", at(4 * i, to))
      .load("f32.load", at(4 * i, source));
    code.op("f32.add").store("f32.store", at(4 * i));
  }
  code.release(to, source);
}
