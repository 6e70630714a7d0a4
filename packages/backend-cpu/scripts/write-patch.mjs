// What turns one module into another that is nearly the same: copies out of the first, and new bytes between them.
const shortestCopy = 8;

/**
 * Repeated to the end: how many new bytes, those bytes, how far to go in `from` from where the last copy ended, how many bytes
 * to copy. Numbers as signed zigzag varints. Undone by src/wasm/patch.ts.
 * @param {Buffer} from
 * @param {Buffer} to
 */
export function patchBetween(from, to) {
  const places = placesOf(from);
  /** @type {number[]} */
  const patch = [];
  /** @type {number[]} */
  let fresh = [];
  let cursor = 0;
  for (let at = 0; at < to.length; ) {
    const copy = longestCopy(from, to, at, places, cursor);
    if (copy === null) {
      fresh.push(to[at++]);
      continue;
    }
    patch.push(...varint(fresh.length), ...fresh, ...varint(copy.start - cursor), ...varint(copy.length));
    fresh = [];
    cursor = copy.start + copy.length;
    at += copy.length;
  }
  return Buffer.from([...patch, ...varint(fresh.length), ...fresh]);
}

/** @param {Buffer} bytes */
function placesOf(bytes) {
  /** @type {Map<string, number[]>} */
  const places = new Map();
  for (let i = 0; i + shortestCopy <= bytes.length; i++) {
    const key = bytes.toString("latin1", i, i + shortestCopy);
    const known = places.get(key);
    if (known) known.push(i);
    else places.set(key, [i]);
  }
  return places;
}

/**
 * The longest; a short jump is worth a byte or two.
 * @param {Buffer} from
 * @param {Buffer} to
 * @param {number} at
 * @param {Map<string, number[]>} places
 * @param {number} cursor
 */
function longestCopy(from, to, at, places, cursor) {
  let best = null;
  let bestWorth = 0;
  for (const start of places.get(to.toString("latin1", at, at + shortestCopy)) ?? []) {
    let length = 0;
    while (start + length < from.length && at + length < to.length && from[start + length] === to[at + length])
      length++;
    const worth = length - (Math.abs(start - cursor) < 64 ? 0 : 1.5);
    if (worth > bestWorth) {
      best = { start, length };
      bestWorth = worth;
    }
  }
  return best;
}

/** @param {number} value */
function varint(value) {
  /** @type {number[]} */
  const bytes = [];
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
