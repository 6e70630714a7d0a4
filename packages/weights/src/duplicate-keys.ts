interface Level {
  /** Null inside an array. */
  readonly keys: Set<string> | null;
  expectsKey: boolean;
}

/**
 * The first key that an object of a JSON text has twice, or null. `JSON.parse` would keep the last one silently. The text must
 * be valid JSON.
 */
export function findDuplicateKey(json: string): string | null {
  const levels: Level[] = [];
  for (let i = 0; i < json.length; i++) {
    const top = levels[levels.length - 1];
    const character = json[i];
    if (character === "{") levels.push({ keys: new Set<string>(), expectsKey: true });
    else if (character === "[") levels.push({ keys: null, expectsKey: false });
    else if (character === "}" || character === "]") levels.pop();
    else if (character === "," && top?.keys) top.expectsKey = true;
    else if (character === '"') {
      const end = endOfString(json, i);
      if (top?.keys && top.expectsKey) {
        const key = JSON.parse(json.slice(i, end)) as string;
        if (top.keys.has(key)) return key;
        top.keys.add(key);
        top.expectsKey = false;
      }
      i = end - 1;
    }
  }
  return null;
}

function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
  return i + 1;
}
