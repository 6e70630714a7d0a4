import { type Shape, sizeOf } from "@unrolled/backend";

/** A tensor seen as `[outer, size, inner]` around one axis. */
export interface AroundAxis {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

export function aroundAxis(shape: Shape, axis: number): AroundAxis {
  return { outer: sizeOf(shape.slice(0, axis)), size: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}

/** Two shapes that broadcast, with neighbouring dimensions joined where they behave alike, so that rank stays small. */
export function joinBroadcast(a: Shape, b: Shape): readonly [a: number[], b: number[]] {
  const rank = Math.max(a.length, b.length);
  const joinedA: number[] = [];
  const joinedB: number[] = [];
  let previous: "both" | "a" | "b" | undefined;
  for (let i = rank; i >= 1; i--) {
    const sizeA = i <= a.length ? a[a.length - i] : 1;
    const sizeB = i <= b.length ? b[b.length - i] : 1;
    if (sizeA === 1 && sizeB === 1) continue;
    const who = sizeA === sizeB ? "both" : sizeA === 1 ? "b" : "a";
    if (who === previous) {
      joinedA[joinedA.length - 1] *= sizeA;
      joinedB[joinedB.length - 1] *= sizeB;
    } else {
      joinedA.push(sizeA);
      joinedB.push(sizeB);
      previous = who;
    }
  }
  return [joinedA, joinedB];
}

/** A shape and its reduced axes, with neighbours of the same kind joined and sizes of 1 left out. */
export function joinReduced(
  shape: Shape,
  axes: readonly number[],
): { readonly shape: number[]; readonly axes: number[] } {
  const joined: number[] = [];
  const reduced: number[] = [];
  let previous: boolean | undefined;
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const isReduced = axes.includes(axis);
    if (isReduced === previous) {
      joined[joined.length - 1] *= size;
      return;
    }
    if (isReduced) reduced.push(joined.length);
    joined.push(size);
    previous = isReduced;
  });
  return { shape: joined, axes: reduced };
}

/** A permutation with neighbours that stay neighbours joined and sizes of 1 left out. */
export function joinPermuted(
  shape: Shape,
  perm: readonly number[],
): { readonly shape: number[]; readonly perm: number[] } {
  const kept = perm.filter((axis) => shape[axis] !== 1);
  const rank = new Map([...kept].sort((a, b) => a - b).map((axis, i) => [axis, i]));
  const groups: number[][] = [];
  for (const axis of kept) {
    const last = groups.at(-1);
    const before = last?.at(-1);
    if (last && before !== undefined && rank.get(axis) === 1 + (rank.get(before) ?? Number.NaN)) last.push(axis);
    else groups.push([axis]);
  }
  const inOrder = [...groups].sort((a, b) => a[0] - b[0]);
  return {
    shape: inOrder.map((group) => group.reduce((size, axis) => size * shape[axis], 1)),
    perm: groups.map((group) => inOrder.indexOf(group)),
  };
}
