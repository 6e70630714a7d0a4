// The picture of the packages, drawn from the dependencies in their package.json files.
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../../packages/", import.meta.url);

interface Box {
  readonly name: string;
  readonly says: string;
  readonly needs: readonly string[];
}

const short = (name: string): string => name.replace("@unrolled/", "");

function boxes(): Box[] {
  return readdirSync(folder).map((name) => {
    const manifest = JSON.parse(readFileSync(new URL(`${name}/package.json`, folder), "utf8")) as {
      name: string;
      description: string;
      dependencies?: Readonly<Record<string, string>>;
    };
    const needs = Object.keys(manifest.dependencies ?? {}).filter((other) => /^(@unrolled\/|unrolled$)/.test(other));
    return { name: short(manifest.name), says: manifest.description, needs: needs.map(short) };
  });
}

/** Dependencies that no other dependency brings along already. */
function direct({ needs }: Box, all: ReadonlyMap<string, Box>): string[] {
  const reach = (name: string): string[] => [name, ...(all.get(name)?.needs ?? []).flatMap(reach)];
  return needs.filter((name) => !needs.some((other) => other !== name && reach(other).includes(name)));
}

const [width, height, gapX, gapY] = [128, 34, 18, 44];

/** Each package stands above those that it needs; a line means "imports". */
export function packagesSvg(): string {
  const all = new Map(boxes().map((box) => [box.name, box]));
  const level = (name: string): number => 1 + Math.max(-1, ...(all.get(name)?.needs ?? []).map(level));
  const levels = [...all.keys()].map(level);
  const rows = Array.from({ length: Math.max(...levels) + 1 }, (_, i) =>
    [...all.values()].filter((_, j) => levels[j] === i),
  );
  const columns = Math.max(...rows.map((row) => row.length));
  const full = columns * (width + gapX) - gapX;
  const place = new Map<string, { x: number; y: number }>();
  rows.forEach((row, depth) => {
    const start = (full - (row.length * (width + gapX) - gapX)) / 2;
    row.forEach(({ name }, i) => {
      place.set(name, { x: start + i * (width + gapX), y: (rows.length - 1 - depth) * (height + gapY) });
    });
  });
  const at = (name: string): { x: number; y: number } => place.get(name) as { x: number; y: number };
  const lines = [...all.values()].flatMap((box) =>
    direct(box, all).map((need) => {
      const [from, to] = [at(box.name), at(need)];
      const [x1, y1, x2, y2] = [from.x + width / 2, from.y + height, to.x + width / 2, to.y];
      const bend = (y2 - y1) / 2;
      return `<path d="M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}"/>`;
    }),
  );
  const shapes = [...all.values()].map(({ name, says }) => {
    const { x, y } = at(name);
    return (
      `<g><title>${says}</title><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>` +
      `<text x="${x + width / 2}" y="${y + 22}">${name}</text></g>`
    );
  });
  const bottom = rows.length * (height + gapY) - gapY;
  return (
    `<svg class="packages" viewBox="-2 -2 ${full + 4} ${bottom + 4}" role="img" aria-label="Packages and what they import">` +
    `${lines.join("")}${shapes.join("")}</svg>`
  );
}

/** One line a package, those that need nothing first. */
export function packageList(): readonly { readonly name: string; readonly says: string }[] {
  const all = new Map(boxes().map((box) => [box.name, box]));
  const level = (name: string): number => 1 + Math.max(-1, ...(all.get(name)?.needs ?? []).map(level));
  return [...all.values()].sort((a, b) => level(a.name) - level(b.name)).map(({ name, says }) => ({ name, says }));
}
